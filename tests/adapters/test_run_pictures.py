from forecaster.adapters.run_pictures import page_of
from forecaster.charts import SCRIPTS


def test_a_page_holds_its_scripts_and_no_name_ends_them() -> None:
    page = page_of('{"title": "</script><!--<b>", "mark": "bar"}')

    scripts = [file.read_text(encoding="utf-8") for file in SCRIPTS.glob("*.js")]
    assert len(scripts) == 3
    assert all(script in page for script in scripts)
    assert page.count("</script>") == 2
    assert '{"title": "\\u003c/script>\\u003c!--\\u003cb>", "mark": "bar"}' in page
