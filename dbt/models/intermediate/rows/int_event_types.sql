-- One row per event type: a company's own before those of the product.
select event_type, description
from {{ ref('event_types') }}
union all
select event_type, description
from {{ ref('known_event_types') }}
where event_type not in (select own.event_type from {{ ref('event_types') }} as own)
