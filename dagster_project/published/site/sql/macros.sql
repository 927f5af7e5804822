-- What the sections share. Words for people are made here, from exact numbers; `_` marks columns that only choose rows.
create temp macro chunk_rows() as 5000;  -- rows in one file of a long table
create temp macro most_rows() as 100_000;  -- rows of a table that a browser is given; the file has all
create temp macro any_of(value) as ['*', value];  -- a row counts for its own selection, and for all together
create temp macro quarter_of(day) as year(day) || '-Q' || quarter(day);
create temp macro periods(day) as ['*', year(day)::varchar, quarter_of(day)];
create temp macro company(id) as coalesce((select company_name from reporting_companies where company_id = id), id);
create temp macro label(id) as upper(left(id, 1)) || replace(substr(id, 2), '_', ' ');
create temp macro grouped(digits) as  -- 12,345: by threes from the right, for integers of any size
    reverse(rtrim(regexp_replace(reverse(digits::varchar), '(\d{3})', '\1,', 'g'), ','));
create temp macro plural(number, noun) as grouped(number) || ' ' || noun || if(number = 1, '', 's');
create temp macro units(quantity) as
    grouped(split_part(abs(quantity)::varchar, '.', 1))
    || rtrim(rtrim('.' || split_part(quantity::varchar, '.', 2), '0'), '.');
create temp macro tenths(number) as grouped(number // 10) || '.' || number % 10;
create temp macro cents(amount) as cast(abs(amount) * 100 as hugeint);
create temp macro usd(amount) as  -- $305.0M: rounded half up, without its sign
    case
        when cents(amount) >= 100_000_000 then '$' || tenths((cents(amount) + 5_000_000) // 10_000_000) || 'M'
        when cents(amount) >= 100_000 then '$' || grouped((cents(amount) + 50) // 100)
        else '$' || cents(amount) // 100 || '.' || lpad((cents(amount) % 100)::varchar, 2, '0')
    end;
create temp macro percent(ratio) as tenths(cast(abs(round(ratio, 3)) * 1000 as bigint)) || '%';
create temp macro gain_or_loss(amount) as
    case
        when amount is null then 'a result nobody knows'
        when amount < 0 then 'a loss of ' || usd(amount)
        else 'a gain of ' || usd(amount)
    end;
