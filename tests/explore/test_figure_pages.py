"""The wait of the figures' page tests: under the pages' policy, for what comes late, and for what never comes."""

import pytest
from explore.figure_checks import served, visit
from explore.figure_pages import until

from chainrule import explore

pytestmark = pytest.mark.site


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(explore.schedules(), tmp_path_factory.mktemp("waiting")) as url:
        yield url


def test_what_comes_late_is_waited_for_under_the_policy(browser, address):
    with visit(browser, address, "light.html") as seen:
        seen.page.evaluate("setTimeout(() => { document.title = 'late'; }, 300)")
        until(seen.page, "(words) => document.title === words", "late")
        assert seen.console == []


def test_what_never_comes_fails_with_its_words(browser, address):
    never = pytest.raises(pytest.fail.Exception, match="never true.*nowhere")
    with visit(browser, address, "light.html") as seen, never:
        until(seen.page, "(words) => document.title === words", "nowhere", seconds=0.2)
