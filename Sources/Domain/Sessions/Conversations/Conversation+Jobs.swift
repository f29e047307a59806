internal import Chat
internal import JSON
internal import Logging

/// `jobs` and `kill`: commands of the thread that run, beside its turns.
extension Conversation {
    /// Lines of output that a message about a job shows.
    private static let jobLines = 15
    /// In bytes.
    private static let jobOutput = 2_000

    func jobs(_ argument: String, for stored: StoredMessage, sign: CommandSign) async throws -> Submission? {
        guard let desk = self.context.desk, let session = try await self.currentSession() else {
            return try await self.reply(to: stored, with: JobTexts.none)
        }
        guard !argument.isEmpty else {
            let jobs = try await desk.jobs(of: session.id)
            return try await self.reply(
                to: stored, with: JobTexts.list(jobs, now: self.environment.now(), sign: sign))
        }
        guard let job = try await desk.job(argument, of: session.id) else {
            return try await self.reply(to: stored, with: JobTexts.unknown(argument, sign: sign))
        }
        var shown = OutputComposerTail(lines: Self.jobLines, bytes: Self.jobOutput)
        let progress = try await desk.progress(of: job.id, in: session.id, after: 0, isWaiting: false)
        shown.append(progress.output)
        let text = JobTexts.followed(job, shown.markdown, ending: progress.ending ?? job.ending, sign: sign)
        let poster = self.poster(for: stored.message.route)
        guard progress.ending == nil, job.state == .running, poster.isGrowing else {
            return try await self.reply(to: stored, with: text)
        }
        return try await self.follow(job, of: session, for: stored, shown, from: progress.position, by: desk)
    }

    func kill(_ argument: String, for stored: StoredMessage, sign: CommandSign) async throws -> Submission? {
        guard !argument.isEmpty else { return try await self.reply(to: stored, with: JobTexts.whichJob(sign: sign)) }
        guard let desk = self.context.desk, let session = try await self.currentSession(),
            let job = try await desk.job(argument, of: session.id)
        else { return try await self.reply(to: stored, with: JobTexts.unknown(argument, sign: sign)) }
        let wasRunning = try await desk.kill(job.id, of: session.id)
        return try await self.reply(to: stored, with: wasRunning ? JobTexts.killed(job) : JobTexts.notRunning(job))
    }

    func currentSession() async throws -> SessionRecord? {
        let key = self.key
        return try await self.context.store.read { ledger in try ledger.session(for: key) }
    }

    // MARK: Following

    /// Shows a running job in one message until it ends. The message is an operation that is complete from the start:
    /// following changes nothing, and a restart ends it with the job.
    private func follow(
        _ job: Job, of session: SessionRecord, for stored: StoredMessage, _ shown: OutputComposerTail,
        from position: Int, by desk: any CommandDesk
    ) async throws -> Submission? {
        let now = self.environment.now()
        let message = stored.message
        let (turn, number) = try await self.durably { ledger in
            let asked = try ledger.insertMessage(
                session: session.id, turn: nil, role: .command, author: message.sender.displayName, text: message.text,
                at: now)
            let id = Identifier.make("op")
            let turn = TurnRecord(
                id: id, session: session.id, kind: TurnRecord.commandKind, work: id, text: "", sender: message.sender,
                route: message.route, message: asked, state: .complete, attempts: 1, queuedAt: now, startedAt: now,
                endedAt: now)
            try ledger.insert(turn)
            try ledger.finishEvent(stored.number, turn: id)
            return (turn, asked)
        }
        await self.context.hub.begin(turn.id, session: session.id)
        self.followers[turn.id]?.cancel()
        // Ends with the job, or when the thread's `stop` or the host's end cancels it.
        self.followers[turn.id] = Task { await self.show(job, in: turn, shown, from: position, by: desk) }
        return Submission(message: number, operation: turn.id)
    }

    private func show(
        _ job: Job, in turn: TurnRecord, _ start: OutputComposerTail, from start0: Int, by desk: any CommandDesk
    ) async {
        let sign = self.sign(of: turn.route)
        let poster = self.poster(for: turn.route)
        var (shown, position) = (start, start0)
        var ending: String?
        while ending == nil, !Task.isCancelled {
            let text = JobTexts.followed(job, shown.markdown, ending: nil, sign: sign)
            await self.context.lanes.preview(Array(text.utf8), of: turn, rendering: poster)
            do {
                let progress = try await desk.progress(
                    of: job.id, in: job.session, after: position, isWaiting: true)
                for output in progress.output {
                    let kind: LiveFrame.Kind = output.stream == .standardError ? .errorOutput : .execution
                    await self.context.hub.append(kind, output.text, to: turn.id)
                }
                shown.append(progress.output)
                position = progress.position
                ending = progress.ending
            } catch { break }
        }
        await self.finish(turn, JobTexts.followed(job, shown.markdown, ending: ending, sign: sign))
        self.followers[turn.id] = nil
    }

    private func finish(_ turn: TurnRecord, _ text: String) async {
        let now = self.environment.now()
        let messages = self.poster(for: turn.route).messages(for: text)
        let frames = await self.context.hub.close(turn.id, with: .complete, text)
        _ = await self.context.lanes.endPreview(of: turn)
        do {
            let items = try await self.retrying { ledger in
                try ledger.insert(frames)
                try ledger.insertMessage(session: turn.session, turn: turn.id, role: .note, text: text, at: now)
                let (finals, surplus) = try ledger.finishPreviews(ofTurn: turn.id, with: messages, surplus: .kept)
                let rest = try messages.dropFirst(finals.count).map {
                    try ledger.insertOutbox(
                        session: turn.session, turn: turn.id, kind: .final, route: turn.route, text: $0, at: now)
                }
                return finals + surplus + rest
            }
            await self.context.lanes.dispatch(items)
        } catch {
            self.environment.logger.error(
                "the end of a followed job cannot be stored",
                ["turn": .string(turn.id), "error": .string("\(error)")])
        }
        await self.context.hub.publish(frames)
    }

    /// Ends the messages that follow jobs; the jobs go on.
    func stopFollowing() {
        for follower in self.followers.values { follower.cancel() }
    }
}
