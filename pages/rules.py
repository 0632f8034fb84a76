"""Which rule reads an error text, and what are this site's own?"""

import streamlit as st

from iman.dashboard import parts, rule_change, rule_form, rules, session, text, text_rules

with parts.title_row(text.RULES):
    parts.live(2, parts.freshness)
with st.container(border=True, key="card_history"):
    parts.live(2, rules.progress)

listing = session.remedies().rules()
with st.container(border=True, key="card_try"):
    parts.heading(text_rules.TRY_TITLE)
    rules.trying(listing)
if not rules.closed():
    if rules.changed(listing):
        rule_change.panel(listing)
    if rule_form.is_open():
        with st.container(border=True, key="card_form"):
            made = rule_form.form()
        if made is not None:
            rules.put(listing, *made)
            st.rerun()
with st.container(border=True, key="card_own"):
    rules.own(listing)
with st.container(border=True, key="card_others"):
    rules.others(listing)
    rules.versions()
