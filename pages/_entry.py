"""What every page shares: the door check, the look, the navigation, and who is looking."""

from pathlib import Path

import streamlit as st

from iman.dashboard import account, look, parts, session, text, text_people, tour
from iman.domain.people import Permission

STATIC = Path(__file__).parent / "static"

st.set_page_config(page_title=text.PRODUCT, page_icon=str(STATIC / "icon.svg"), layout="wide")
look.apply()
session.require_gate()
person = session.me()

pages = [
    st.Page("overview.py", title=text.OVERVIEW, icon=":material/monitoring:", default=True),
    st.Page("monitor.py", title=text.MONITOR, icon=":material/sync_problem:"),
    st.Page("causes.py", title=text.CAUSES, icon=":material/account_tree:"),
    st.Page("checklist.py", title=text.CHECKLISTS, icon=":material/checklist:"),
    st.Page("follow_up.py", title=text.FOLLOW_UP, icon=":material/event_repeat:"),
    st.Page("setups.py", title=text.SETUPS, icon=":material/rule_settings:"),
    st.Page("playbooks.py", title=text.PLAYBOOKS, icon=":material/auto_stories:"),
    st.Page("rules.py", title=text.RULES, icon=":material/rule:"),
    st.Page("document.py", title=text.DOCUMENT, icon=":material/description:"),
    st.Page("daemon.py", title=text.DAEMON_PAGE, icon=":material/settings_heart:"),
    st.Page("how_it_works.py", title=text.HOW, icon=":material/menu_book:"),
]
if person.must_change_password:
    pages = []
pages.append(st.Page("account.py", title=text_people.ACCOUNT, icon=":material/account_circle:"))
if Permission.MANAGE_USERS in person.permissions:
    pages.append(st.Page("people.py", title=text.PEOPLE, icon=":material/group:"))
if Permission.VIEW_AUDIT in person.permissions:
    pages.append(st.Page("audit.py", title=text.AUDIT, icon=":material/fact_check:"))

dark = st.context.theme.type == "dark"
st.logo(
    str(STATIC / ("logo-dark.svg" if dark else "logo-light.svg")),
    size="large",
    icon_image=str(STATIC / "icon.svg"),
)
page = st.navigation(pages, expanded=True)
with st.sidebar:
    parts.live_switch()
    parts.who(person)

if person.notice and not st.session_state.get("iman_noticed"):
    st.session_state["iman_noticed"] = True  # it stands on the account's page as well
    st.toast(text_people.GUESSED, icon=":material/gpp_maybe:", duration="long")
parts.daemon_banner()
if person.must_change_password:
    parts.title_row(text_people.MUST_CHANGE)
    parts.note(text_people.MUST_CHANGE_WHY)
    account.password_form()
    st.stop()
parts.answering(lambda: tour.card(page.url_path))
parts.answering(page.run)
