-- Which projector processes there are, so that those with many lanes leave some to those with few.
create table projectors (
  owner text primary key,
  until timestamptz not null
);
comment on table projectors is 'platform: the processes that keep read models up to date';
grant select, insert, update, delete on projectors to palimpsest_projector;
