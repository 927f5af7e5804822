-- Dollars as people read them: 1,234.50. Digits are moved, nothing is counted.
create temp macro usd(amount) as
    if(amount < 0, '-', '')
    || ltrim(reverse(regexp_replace(reverse(trunc(abs(amount))::decimal(38, 0)::varchar), '(\d{3})', '\1,', 'g')), ',')
    || right(amount::decimal(38, 2)::varchar, 3);

-- Units and ratios without the zeros at their end.
create temp macro plain(number) as rtrim(rtrim(number::varchar, '0'), '.');

create temp macro marked(sentence, is_illustrative) as sentence || if(is_illustrative, ' (illustrative)', '');
