"""What the databases hold before anything is compared: a statement per line, the same ids each time."""

from __future__ import annotations

import hashlib

HASH = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Zm9yIHRlc3RzIG9ubHksIG5vYm9keSBsb2dzIGlu"
LINK_SECRET = "0123456789abcdef" * 4

USERS = [
    ("Otto Organizer", "otto@example.org", "organizer"),  # 1
    ("Ölga 😀", "ölga@example.org", "organizer"),  # 2
    ("Paula Participant", "Paula@Example.org", "participant"),  # 3
    ("Zoë 👩‍👩‍👧", "zoë@example.org", "participant"),  # 4
    ("Anna", "anna@example.org", "participant"),  # 5
    ("Ånna", "ånna@example.org", "participant"),  # 6
    ("Nobody yet", "nobody@example.org", "participant"),  # 7
]
EVENTS = [
    (1, "Upcoming", "A talk", "Hall", "Ada Lovelace", "2035-04-01 18:00:00", 10),  # 1
    (1, "Soon", "", "Hall", "Ada Lovelace", "2035-03-01 18:00:00", 10),  # 2
    (1, "Over", "It was fine", "Hall", "Ada Lovelace", "2035-03-01 13:00:00", 10),  # 3
    (1, "Called off", "", "Hall", "Ada Lovelace", "2035-03-01 18:00:00", 10),  # 4
    (1, "Full", "", "Hall", "Ada Lovelace", "2035-05-01 18:00:00", 2),  # 5
    (2, "100 % Café 😀", "snake_case, C:\\\\temp, it''s", "Straße", "Ægir", "2035-05-01 18:00:00", 1000000),  # 6
    (1, "Moved", "", "Hall", "Ada Lovelace", "2035-06-01 18:00:00", 10),  # 7
    (2, "The last", "", "Hall", "Ada Lovelace", "9999-12-31 23:59:59", 1),  # 8
    (1, "Another day", "", "Hall", "Ada Lovelace", "2035-03-02 12:00:00", 10),  # 9
    (1, "A second later", "", "Hall", "Ada Lovelace", "2035-03-02 12:00:01", 10),  # 10
]
BOOKINGS = [(3, 1, 2), (3, 2, 1), (4, 2, 3), (5, 2, 1), (6, 2, 1), (3, 3, 1), (3, 4, 1), (4, 4, 2), (4, 5, 2),
    (3, 7, 1), (4, 7, 1)]

WORLD = [
    *(
        f"CALL register_user('{name}', 'user{number}@example.org', '{HASH}', '{role}')"
        for number, (name, _, role) in enumerate(USERS, 1)
    ),
    # Which are some that an earlier version took.
    *(f"UPDATE users SET email = '{email}' WHERE id = {number}" for number, (_, email, _) in enumerate(USERS, 1)),
    *(
        f"CALL create_event({organizer}, '{title}', '{description}', '{venue}', '{speaker}', '{date}', {seats})"
        for organizer, title, description, venue, speaker, date, seats in EVENTS
    ),
    *(f"CALL register_for_event({user}, {event}, {seats})" for user, event, seats in BOOKINGS),
    # Long enough ago to be reminded.
    "UPDATE registrations SET registered_at = registered_at - INTERVAL 1 DAY",
    # Since the migrations were run by the clock on the wall.
    "UPDATE turns SET taken_at = UTC_TIMESTAMP()",
    # Since each server has made one of its own.
    f"UPDATE secrets SET value = '{LINK_SECRET}'",
    # Into the past, which no procedure does.
    "UPDATE events SET event_date = '2035-03-01 12:00:00' WHERE id = 3",
    "CALL cancel_event(1, 4)",
    "CALL update_event(1, 7, NULL, NULL, 'Other hall', NULL, NULL, NULL)",
]


def link_token(user: int) -> str:
    """What stands in the user's link by which reminders are turned off."""
    inner = hashlib.sha256(f"{LINK_SECRET}unsubscribe {user}".encode()).hexdigest()
    return f"{user}-{hashlib.sha256(f'{LINK_SECRET}{inner}'.encode()).hexdigest()}"
