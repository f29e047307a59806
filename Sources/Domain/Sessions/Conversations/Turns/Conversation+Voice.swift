internal import Chat
internal import Delivery
internal import Files
internal import Primitives
internal import Store
internal import Threads

/// Voice notes of a question, and answers that are read aloud.
extension Conversation {
    // MARK: Heard

    /// Writes down what is said in a note, and shows it before anything is answered. The words become a part of the
    /// question here and nowhere earlier: what a message asks for was decided without them. A note that cannot be written
    /// down stays a file, with the reason.
    func written(_ file: ReceivedFile, of turn: TurnRecord) async throws -> ReceivedFile {
        guard turn.kind == .chat, let voice = self.environment.voice else { return file }
        var written = file
        do {
            try await self.take(.asking, of: turn)
            await self.context.hub.append(.thinking, FileTexts.writingDown(file.name), to: turn.id)
            let transcript = try await voice.read(file, in: turn.session)
            if let call = transcript.call { try await self.take(.usage(call), of: turn) }
            written.spoken = transcript.text
            try await self.show(transcript.text, of: turn)
        } catch let failure as FileFailure {
            written.failure = failure
        }
        return written
    }

    /// Shows what was said, unless the turn has shown it before it began again. Where the transcript is what people see, it is
    /// in the question itself.
    private func show(_ spoken: String, of turn: TurnRecord) async throws {
        let poster = self.poster(for: turn.route)
        guard !poster.traits.capabilities.contains(.transcript) else {
            return await self.context.hub.append(.thinking, SpokenWords.line(spoken), to: turn.id)
        }
        let line = SpokenWords.markdown(spoken)
        let first = poster.lines(for: line, offering: []).first?.text ?? ""
        try await self.note(line, in: turn) { ledger in try !ledger.hasOutbox(first, ofTurn: turn.id) }
    }

    // MARK: Said

    /// Posts an answer that is read aloud as a voice note where the room has files, else links it. It is kept with the files
    /// of the command's message, and not in the workspace.
    func send(voice file: TurnFile, of turn: TurnRecord) async throws {
        guard let files = self.environment.settings.files else { throw TurnFailure(FileTexts.noDirectory) }
        let name = FileName.sanitized(file.name)
        // `AnswerFile` knows it by the beginning; the janitor removes it with what people sent.
        let stored = "\(FileTexts.saidPrefix)\(turn.id)-\(name)"
        let path: String
        do {
            path = try await files.keep(file.bytes, as: stored, in: turn.session)
        } catch {
            throw TurnFailure(FileTexts.notSent(file.name, "\(error)"))
        }
        await self.context.fileQuota.measure(turn.session)
        let sent = SentFile(
            number: 1, file: stored, name: name, mediaType: FileType.sniff(file.bytes).mediaType,
            size: file.bytes.count)
        try await self.retrying { ledger in try ledger.keepImages([], [sent], of: turn.id) }
        let link = FileTexts.link(
            to: sent, of: turn.message ?? 0, in: turn.session, publicURL: self.environment.settings.publicURL)
        guard self.mayUpload(file.bytes.count, to: turn.route.room) else { return try await self.note(link, in: turn) }
        let now = self.environment.now()
        let fallback = self.poster(for: turn.route).messages(for: link).first ?? link
        let item = try await self.retrying { ledger in
            let item = try ledger.insertOutbox(
                session: turn.session, turn: turn.id, kind: .file, route: turn.route, text: fallback, at: now)
            try ledger.setFile(path, of: item.id)
            return item
        }
        await self.context.hub.append(.thinking, link, to: turn.id)
        await self.context.lanes.dispatch([item])
    }
}

extension Ledger {
    /// Gives a conversation that is named after a voice note's file a title of what was said in it.
    func name(_ id: String, afterNotes files: [ReceivedFile], in attachments: [Attachment]) throws {
        guard let spoken = files.lazy.compactMap(\.spoken).first,
            let file = attachments.first.map({ Conversation.title(of: $0.name) }),
            var session = try self.session(id: id, isChanging: true), !session.isNamed, session.title == file
        else { return }
        session.title = Conversation.title(of: spoken)
        try self.update(session)
    }
}
