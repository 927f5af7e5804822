{# No key twice, and no key without a value. Where a key's column may be empty by nature, the mart says so with a word instead of null. #}
{% test unique_key(model, columns) %}
select {{ columns | join(', ') }}, count(*) as copies
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1 {% for column in columns %}or {{ column }} is null {% endfor %}
{% endtest %}
