-- Run once by the image of PostgreSQL, on an empty volume: each service has a database of its own.
create database profile;
create database offers;
create database touchpoint;
create database campaign;
