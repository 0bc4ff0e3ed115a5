"""Add beanstalkd, a job queue, to pgben-testkit: a server for the run, a tube for each test."""
