"""Carers' replies: the table of what a carer can say, the parser, and the case that a reply is about."""

from alarm_center.core.replies.carer_actions import CarerAction
from alarm_center.core.replies.parse_reply import CarerCommand, Empty, FreeText, Reply, parse_reply
from alarm_center.core.replies.reply_parts import EarlierReply, NoticeRef, ReplyText, Resolution, Standing
from alarm_center.core.replies.resolve_reply import resolve

__all__ = [
    "CarerAction",
    "CarerCommand",
    "EarlierReply",
    "Empty",
    "FreeText",
    "NoticeRef",
    "Reply",
    "ReplyText",
    "Resolution",
    "Standing",
    "parse_reply",
    "resolve",
]
