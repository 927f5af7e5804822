-- One row per check that warns, and whose it is, and what it asked the warehouse.
select check_name, failures, owner, query as sql from marts_meta.warnings order by failures desc, check_name
