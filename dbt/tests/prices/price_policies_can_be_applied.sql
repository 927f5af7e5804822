-- A policy that nobody can follow: an unknown company, asset or zone, a list or time that is none, an age of nothing.
-- Mend it in seeds/price_policies.csv.
select
    policies.company_id,
    policies.asset_id,
    policies.sources,
    policies.cutoff_time,
    policies.time_zone,
    policies.max_age_hours
from {{ ref('price_policies') }} as policies
left join pg_timezone_names() as zones on policies.time_zone = zones.name
where
    policies.company_id <> '*'
    and policies.company_id not in (select companies.company_id from {{ ref('companies') }} as companies)
    or policies.asset_id <> '*'
    and policies.asset_id not in (select assets.asset_id from {{ ref('int_assets') }} as assets)
    or policies.time_zone is not null
    and zones.name is null
    or not coalesce(regexp_matches(policies.cutoff_time, '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$'), true)
    or policies.cutoff_time = '00:00'
    or policies.max_age_hours <= 0
    or not coalesce(regexp_matches(policies.sources, '^[a-z0-9_]+( *; *[a-z0-9_]+)*$'), true)
