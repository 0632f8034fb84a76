"""How does a document get to Sage 300, and what is to be done when it does not?"""

import streamlit as st

from iman.dashboard import guide, parts, text, text_guide, tour

with parts.title_row(text.HOW):
    tour.again()

way, states = st.columns(2, gap="small")
with way.container(border=True, height="stretch", key="card_way"):
    parts.heading(text_guide.GUIDE_WAY)
    guide.steps(text_guide.GUIDE_WAY_STEPS)
with states.container(border=True, height="stretch", key="card_states"):
    parts.heading(text_guide.GUIDE_STATES)
    guide.states()

valid, invalid = st.columns(2, gap="small")
with valid.container(border=True, height="stretch", key="card_valid"):
    parts.heading(text_guide.GUIDE_VALID)
    guide.lead(text_guide.GUIDE_VALID_LEAD)
    guide.steps(text_guide.GUIDE_VALID_STEPS)
with invalid.container(border=True, height="stretch", key="card_invalid"):
    parts.heading(text_guide.GUIDE_INVALID)
    guide.lead(text_guide.GUIDE_INVALID_LEAD)
    guide.steps(text_guide.GUIDE_INVALID_STEPS)
