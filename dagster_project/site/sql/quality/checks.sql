-- One row per check that warns, and whose it is.
select check_name, failures, owner from marts_meta.warnings order by failures desc, check_name
