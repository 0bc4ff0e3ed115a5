CREATE TABLE cidadao (id bigserial PRIMARY KEY, nome text NOT NULL);
