"""What every journal promises of files: each is fetched and read until it is known what it is."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from complaint_queue.journal import Journal
from normalizer.ports import MediaFacts
from normalizer.record import Attachment, Coordinates
from tests.journal_world import (
    ACCOUNT,
    PENDING,
    START,
    HeldClock,
    admit,
    event,
    message,
    one,
    settle,
    with_photos,
)


class TestMedia:
    async def test_each_pending_file_is_a_job_that_completes_the_message(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        first = await one(journal, with_photos("1", 2))
        jobs = await journal.media_due(clock())
        assert [(j.account, j.index, j.attachment) for j in jobs] == [
            (ACCOUNT, 0, PENDING),
            (ACCOUNT, 1, PENDING),
        ]
        await journal.postpone(first.complaint_id, START + timedelta(seconds=20))
        stored = Attachment(state="stored", sha256="a" * 64, size=3, media_type="application/pdf")
        await journal.media_done(jobs[1].job_id, stored)
        assert await journal.due(clock.forward(1)) == ()
        await journal.media_done(jobs[0].job_id, Attachment(state="unavailable"))
        assert await journal.due(clock()) == (first.complaint_id,)
        assert await journal.media_due(clock()) == ()
        file = await journal.complaint(first.complaint_id)
        assert file is not None
        assert file.media_pending == 0
        assert file.messages[0].message.attachments == (Attachment(state="unavailable"), stored)

    async def test_a_file_that_comes_after_the_first_event_gives_a_new_task(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        first = await one(journal, with_photos("1", 2))
        assert await settle(journal, first.complaint_id, event(1))
        jobs = await journal.media_due(clock())
        await journal.media_done(jobs[0].job_id, Attachment(sha256="b" * 64))
        assert await journal.due(clock()) == (first.complaint_id,)

    async def test_a_file_that_arrives_does_not_close_an_open_album(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        first = await one(journal, with_photos("1", 1, group=b"album-of-photos-", quiet=10))
        (job,) = await journal.media_due(clock())
        await journal.media_done(job.job_id, Attachment(sha256="c" * 64))
        assert await journal.due(clock.forward(9)) == ()
        assert await journal.due(clock.forward(1)) == (first.complaint_id,)

    async def test_a_fetch_that_failed_is_due_again_later(self, journal: Journal, clock: HeldClock) -> None:
        await one(journal, with_photos("1", 1))
        (job,) = await journal.media_due(clock())
        await journal.media_retry(job.job_id, START + timedelta(seconds=30))
        assert await journal.media_due(clock.forward(29)) == ()
        assert [(j.job_id, j.tries) for j in await journal.media_due(clock.forward(1))] == [(job.job_id, 1)]

    PHOTO = Attachment(state="stored", sha256="e" * 64, size=3, media_type="image/jpeg")
    FACTS = MediaFacts(
        media_type="image/jpeg",
        width=640,
        height=480,
        duration=2.5,
        captured_at=START,
        captured_place=Coordinates(latitude=-6.2, longitude=106.8),
        metadata_place=True,
        perceptual_hash="00ff00ff00ff00ff",
        public_sha256="1" * 64,
        thumbnail_sha256="2" * 64,
        remarks=("odd",),
    )

    async def test_a_photo_that_came_stored_is_a_job_for_the_reader(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        letter = replace(self.PHOTO, sha256="f" * 64, media_type="application/pdf")
        first = await one(journal, admit("1", message=message("1", attachments=(letter, self.PHOTO))))
        assert await journal.media_due(clock()) == ()
        (job,) = await journal.media_due(clock(), step="read")
        assert (job.account, job.index, job.attachment, job.tries) == (ACCOUNT, 1, self.PHOTO, 0)
        file = await journal.complaint(first.complaint_id)
        assert file is not None and (file.media_pending, file.media) == (1, {})
        await journal.postpone(first.complaint_id, START + timedelta(seconds=20))
        assert await journal.media_facts(self.PHOTO.sha256) is None
        await journal.media_read(job.job_id, self.PHOTO.sha256, self.FACTS)
        assert await journal.media_due(clock(), step="read") == ()
        assert await journal.due(clock()) == (first.complaint_id,)
        file = await journal.complaint(first.complaint_id)
        assert file is not None
        assert (file.media_pending, file.media) == (0, {self.PHOTO.sha256: self.FACTS})

    async def test_a_photo_that_was_fetched_is_read_before_its_complaint_goes_on(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        first = await one(journal, with_photos("1", 2))
        await journal.postpone(first.complaint_id, START + timedelta(seconds=20))
        fetched, lost = await journal.media_due(clock())
        await journal.media_retry(fetched.job_id, START)
        await journal.media_done(lost.job_id, Attachment(state="unavailable"))
        await journal.media_done(fetched.job_id, self.PHOTO)
        assert await journal.media_due(clock()) == ()
        assert await journal.due(clock.forward(1)) == ()
        (job,) = await journal.media_due(clock(), step="read")
        assert (job.attachment, job.tries) == (self.PHOTO, 0)
        await journal.media_retry(job.job_id, START + timedelta(seconds=5))
        assert await journal.media_due(clock(), step="read") == ()
        (again,) = await journal.media_due(clock.forward(5), step="read")
        assert (again.job_id, again.tries) == (job.job_id, 1)
        await journal.media_read(job.job_id, self.PHOTO.sha256, self.FACTS)
        assert await journal.due(clock()) == (first.complaint_id,)

    async def test_what_was_read_once_counts_for_everybody_and_after_a_new_start(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        await one(journal, admit("1", message=message("1", attachments=(self.PHOTO,))))
        (job,) = await journal.media_due(clock(), step="read")
        await journal.media_read(job.job_id, self.PHOTO.sha256, self.FACTS)
        await journal.media_read(job.job_id, self.PHOTO.sha256, self.FACTS)  # by one that was thought dead
        await journal.close()
        await journal.open()
        assert await journal.media_facts(self.PHOTO.sha256) == self.FACTS
        second = await one(journal, admit("2", message=message("2", attachments=(self.PHOTO,))))
        file = await journal.complaint(second.complaint_id)
        assert file is not None and file.media == {self.PHOTO.sha256: self.FACTS}

    async def test_a_photo_read_late_gives_a_new_task_and_an_old_settle_is_refused(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        first = await one(journal, admit("1", message=message("1", attachments=(self.PHOTO,))))
        assert await settle(journal, first.complaint_id, event(1))
        file = await journal.complaint(first.complaint_id)
        assert file is not None and await journal.due(clock()) == ()
        (job,) = await journal.media_due(clock(), step="read")
        await journal.media_read(job.job_id, self.PHOTO.sha256, self.FACTS)
        assert await journal.due(clock()) == (first.complaint_id,)
        assert not await journal.settle(first.complaint_id, file.version, [(event(2), ())], b"", "filed")

    async def test_a_settle_made_before_the_file_came_is_refused(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        first = await one(journal, with_photos("1", 1))
        file = await journal.complaint(first.complaint_id)
        assert file is not None
        (job,) = await journal.media_due(clock())
        await journal.media_done(job.job_id, Attachment(sha256="d" * 64))
        assert not await journal.settle(first.complaint_id, file.version, [(event(1), ())], b"", "filed")
