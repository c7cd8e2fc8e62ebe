"""Words that people read or hear: pages, papers and calls, Swedish first, in the languages of the catalogues.

Templates hold the texts of their own page. An SMS has its words in ``core/messages/sms_words.py``, since they have to fit
one segment (ADR 0025).
"""
