"""Sends the mail that waits, one after the other. Runs in the worker only.

Nothing about a mail but its id gets into the log: neither who gets it nor what it says.
"""

import logging
from contextlib import closing
from threading import Event

from usosapi_mleg import mails
from usosapi_mleg.crypto import KeysError
from usosapi_mleg.extensions import settings, transaction
from usosapi_mleg.notify.smtp import Postman, RefusedMailError, UnsentMailError

logger = logging.getLogger(__name__)


def send_mails(stopping: Event) -> None:
    """Send all that is due, until `stopping` is set or the server takes nothing.

    A mail is claimed, sent and forgotten, with a commit between: who is killed after the server took it and before it was forgotten
    sends it again, with the same Message-ID.
    """
    with transaction():
        given_up = mails.give_up_old()
    if given_up:
        logger.error("%d mails could not be sent for a day and were given up", given_up)
    if not mails.available():
        return
    with closing(Postman.from_settings(settings())) as postman:
        while not stopping.is_set():
            with transaction():
                claimed = mails.take()
            if claimed is None or not _send(postman, claimed):
                return


def _send(postman: Postman, mail: mails.Claimed) -> bool:
    """Send one; False when there is no use in going on with others now."""
    try:
        letter = mail.open()
        postman.send(mail.id, letter.address, letter.subject, letter.body)
    except RefusedMailError as error:
        logger.warning("mail %s was refused for good (%s)", mail.id, error)
    except KeysError as error:
        logger.error("mail %s cannot be read (%s); it is tried again later", mail.id, error)  # noqa: TRY400 - the text says it all
        return True
    except UnsentMailError as error:
        logger.warning("mail %s could not be sent (%s); it is tried again later", mail.id, error)
        return error.others_may_work
    with transaction():
        mails.forget(mail.id)
    return True
