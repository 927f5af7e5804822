-- One row per check that warns.
select check_name, failures from marts_meta.warnings order by failures desc, check_name
