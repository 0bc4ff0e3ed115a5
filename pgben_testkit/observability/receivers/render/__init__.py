"""Deliveries as a person sees them: a page of HTML, and a picture of it."""
