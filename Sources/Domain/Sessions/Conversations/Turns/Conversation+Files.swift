internal import Chat
internal import Delivery
internal import Files
internal import People
internal import Store
internal import Threads

/// Files of a turn: those that came with its question, fetched when it begins, and those that it sends.
extension Conversation {
    /// Fetches a turn's files and adds them to its question, including the one in the transcript. Failures are reported
    /// in the thread and the turn continues without those files; with nothing left to answer it fails.
    func receiveFiles(of turn: TurnRecord) async throws -> TurnRecord {
        // The question in the cached history lacks the files.
        self.running?.admission = nil
        var files: [ReceivedFile] = []
        var missing: [(name: String, failure: FileFailure)] = []
        for (index, attachment) in turn.attachments.enumerated() {
            let name = FileName.sanitized(attachment.name)
            do {
                guard index < Uploads.count else {
                    throw FileFailure(reason: FileTexts.tooMany(limit: Uploads.count))
                }
                await self.context.hub.append(
                    .thinking, FileTexts.fetching(name, size: attachment.size), to: turn.id)
                let file = try await self.receive(attachment, number: "\(turn.message ?? 0)-\(index + 1)", of: turn)
                files.append(attachment.isVoice ? try await self.written(file, of: turn) : file)
            } catch let failure as FileFailure {
                missing.append((name, failure))
                try await self.note(FileTexts.failed(name, failure), in: turn)
            }
        }
        guard !files.isEmpty || !turn.text.isEmpty else {
            throw TurnFailure(FileTexts.nothingToAnswer)
        }
        // What is said in a note is part of the question, as is the reason why it is not known.
        let notes = files.filter { $0.spoken != nil || $0.failure != nil }
        let unheard = notes.compactMap { note in note.failure.map { FileTexts.notWrittenDown(note.name, $0) } }
        let isAllUnheard = turn.text.isEmpty && missing.isEmpty && unheard.count == files.count
        if !isAllUnheard { for line in unheard { try await self.note(line, in: turn) } }
        var others = await self.placed(files.filter { $0.spoken == nil && $0.failure == nil }, of: turn)
        // What runs finds the files in the workspace.
        if !turn.kind.isWork, let reading = self.environment.reading, !others.isEmpty {
            let (read, lines) = try await reading.read(others, in: turn.session)
            for line in lines { try await self.note(line, in: turn) }
            others = read
            await self.context.fileQuota.measure(turn.session)
        }
        files = files.map { file in (notes + others).first { $0.stored == file.stored } ?? file }
        let text = turn.kind.isWork ? turn.text : FileListing.text(turn.text, with: files, missing: missing)
        let (images, sent) = (files.compactMap(\.image), files.map(\.sent))
        try await self.retrying { [files] ledger in
            // A command stays as it was written.
            try ledger.extend(turn, written: turn.kind == .chat ? text : nil, asked: text)
            try ledger.keepImages(images, sent, of: turn.id)
            try ledger.name(turn.session, afterNotes: files, in: turn.attachments)
        }
        // Nothing else was asked.
        if isAllUnheard { throw TurnFailure(unheard.joined(separator: "\n")) }
        return turn.with(text: text, attachments: [], images: images)
    }

    /// Copies received files into the session's workspace, and returns them with the names that they have there. Failures
    /// are reported in the thread.
    private func placed(_ files: [ReceivedFile], of turn: TurnRecord) async -> [ReceivedFile] {
        // Guests may not use the workspace either.
        guard let desk = self.context.desk, (self.context.access.role(of: turn.sender) ?? .guest) >= .member else {
            return files
        }
        let session = try? await self.context.store.read { ledger in try ledger.session(id: turn.session) }
        let place = SessionPlace(
            session: turn.session, repository: session?.repository, feature: session?.feature, update: .possible)
        var placed = files
        for (index, file) in files.enumerated() {
            do {
                let bytes = try await self.bytes(of: file.stored, in: turn.session)
                placed[index].name = try await desk.receive(
                    TurnFile(name: file.name, bytes: bytes), in: place, from: turn.sender, turn: turn.id)
                placed[index].isPlaced = true
                if placed[index].name != file.name {
                    try? await self.note(FileTexts.renamed(file.name, to: placed[index].name), in: turn)
                }
            } catch {
                try? await self.note(FileTexts.notPlaced(file.name, "\(error)"), in: turn)
            }
        }
        return placed
    }

    /// The bytes of an image of this thread. Throws ``FileFailure`` if it is no longer kept.
    func bytes(of image: SentImage, in session: String) async throws -> [UInt8] {
        try await self.bytes(of: image.file, in: session)
    }

    private func bytes(of name: String, in session: String) async throws -> [UInt8] {
        guard let files = self.environment.settings.files else { throw FileFailure(reason: FileTexts.noDirectory) }
        return try await files.bytes(of: name, in: session)
    }

    func receive(_ attachment: Attachment, number: String, of turn: TurnRecord) async throws -> ReceivedFile {
        guard let files = self.environment.settings.files else { throw FileFailure(reason: FileTexts.noDirectory) }
        let intake = FileIntake(files: files, session: turn.session)
        if let upload = Uploads.name(of: attachment, in: turn.session) {
            return try await intake.take(attachment, from: upload, number: number)
        }
        let room = turn.route.room
        let traits = self.context.adapters.traits(of: room)
        guard let adapter = self.context.adapters[room.adapter] as? any FileAdapter,
            traits.capabilities.contains(.files)
        else { throw FileFailure(reason: FileTexts.unsupported) }
        let limit = self.environment.settings.fileLimit
        let space: FileRoom
        do {
            space = try await self.context.fileQuota.room(
                in: turn.session, of: try await self.storedSession()?.owner ?? turn.sender.id,
                from: turn.sender.id, as: self.context.access.role(of: turn.sender))
        } catch let refusal as QuotaExceeded {
            throw FileFailure(reason: refusal.reason)
        }
        return try await intake.fetch(
            attachment, number: number, from: adapter,
            limit: traits.uploadLimit > 0 ? min(limit, traits.uploadLimit) : limit, room: space)
    }

    // MARK: Sent

    /// Uploads a file where the room has files, else links it.
    func send(_ file: TurnFile, of turn: TurnRecord) async throws {
        if file.isVoice { return try await self.send(voice: file, of: turn) }
        let room = turn.route.room
        let link = FileTexts.link(
            to: file.name, bytes: file.bytes.count, in: turn.session, publicURL: self.environment.settings.publicURL)
        guard self.mayUpload(file.bytes.count, to: room), let files = self.environment.settings.files else {
            return try await self.takeText(link, of: turn)
        }
        if self.running?.steps != nil { try await self.postText(of: turn) }
        let path: String
        do {
            // ``Janitor`` removes it with those that people sent.
            path = try await files.keep(
                file.bytes, as: "sent-\(turn.id)-\(FileName.sanitized(file.name))", in: turn.session)
        } catch {
            throw TurnFailure(FileTexts.notSent(file.name, "\(error)"))
        }
        await self.context.fileQuota.measure(turn.session)
        let now = self.environment.now()
        let fallback = self.poster(for: turn.route).messages(for: link).first ?? link
        let item = try await self.retrying { ledger in
            try ledger.insertMessage(session: turn.session, turn: turn.id, role: .note, text: link, at: now)
            let item = try ledger.insertOutbox(
                session: turn.session, turn: turn.id, kind: .file, route: turn.route, text: fallback, at: now)
            try ledger.setFile(path, of: item.id)
            return item
        }
        await self.context.hub.append(.thinking, link, to: turn.id)
        await self.divideAnswer(of: turn, by: [item])
        await self.context.lanes.dispatch([item])
    }

    /// Whether an answer of `size` bytes can be posted as a file.
    func mayUpload(_ size: Int, to room: RoomID) -> Bool {
        let traits = self.context.adapters.traits(of: room)
        return traits.capabilities.contains(.files) && size <= traits.uploadLimit
            && self.context.adapters[room.adapter] is any FileAdapter
    }
}
