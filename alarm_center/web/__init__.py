"""The pages of the alarm centre: the operator's board, the carer's link, and the demo's phones."""
