-- The build that the file is: the latest of its history.
select build_id, published_at, data_date, digest, code_version, code_commit, checks_passed, checks_warned
from marts_meta.builds
order by published_at desc
limit 1
