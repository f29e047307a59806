internal import Chat
internal import Delivery
internal import Etiquette
internal import Files
internal import JSON
internal import Joining
internal import Logging
internal import People
internal import Primitives
internal import Store
internal import Surroundings
internal import Threads

/// What was said beside a question: read once, before the model is asked, and stored with the turn.
extension Conversation {
    /// People's roles now.
    var roles: @Sendable (Sender) -> Role? { { [access = self.context.access] in access.role(of: $0) } }

    /// What came with a question, and whether the room's past is to be read.
    func beside(_ question: Question) -> QuestionContext {
        guard question.kind == .chat, question.work == nil, question.role == .user, question.again == nil else {
            return QuestionContext()
        }
        let room = question.message.route.room
        return QuestionContext(
            of: question.message, limits: self.environment.settings.context.limits(in: room),
            isReadable: self.context.adapters[room.adapter] is any RoomHistory, at: self.environment.now()
        ) { TurnLine(self.withoutSecrets($0, in: room), role: self.roles) }
    }

    /// What the running turn was asked with is no longer what is stored.
    func historyHasChanged() { self.running?.hasStaleHistory = true }

    /// What was said beside a turn's question. Reads it unless that was done; what cannot be read is left out, and so is what
    /// the class of its data keeps from this thread.
    func surroundings(of turn: TurnRecord, before storage: QuestionStorage?) async throws -> [TurnLine] {
        let lines = try await self.lines(beside: turn, before: storage)
        let classes = self.environment.settings.classes
        guard !classes.isEmpty, !lines.isEmpty else { return lines }
        guard await (self.running?.keeping ?? storage)?.isStored() ?? true else { throw CancellationError() }
        let permitted = try await self.context.store.read { ledger in
            let repository = try ledger.session(id: turn.session)?.repository
            return try ledger.permitted(lines, in: turn.session, of: repository, classes)
        }
        guard permitted != lines else { return lines }
        self.running?.lines = permitted
        try await self.retrying { ledger in try ledger.keep(permitted, nil, ofTurn: turn.id) }
        return permitted
    }

    private func lines(beside turn: TurnRecord, before storage: QuestionStorage?) async throws -> [TurnLine] {
        guard turn.kind == .chat, turn.work == turn.id else { return [] }
        let context: QuestionContext
        if let admission = self.running?.admission, admission.turn.id == turn.id {
            context = admission.beside
        } else {
            context = try await self.context.store.read { ledger in try ledger.questionContext(of: turn) }
        }
        self.running?.lines = context.readLines
        guard context.isToBeRead, let adapter = self.context.adapters[turn.route.room.adapter] as? any RoomHistory,
            let query = PastReading.query(
                for: context, turn.route,
                limits: self.environment.settings.context.limits(in: turn.route.room), at: self.environment.now())
        else { return context.readLines }
        let past = try await self.past(of: query, from: adapter)
        guard let past else {
            guard await storage?.isStored() ?? true else { throw CancellationError() }
            // Without the connection the answer waits, too; it says enough that it is back.
            if adapter.status.state == .up {
                try await self.note(SurroundingsTexts.late, in: turn) { ledger in
                    try !ledger.hasLateContext(turn.session)
                }
            }
            self.running?.context = .late
            return context.readLines
        }
        if let missing = past.missing, self.context.pastNotes.isFirst(in: turn.route.room) {
            guard await storage?.isStored() ?? true else { throw CancellationError() }
            try await self.note(SurroundingsTexts.missing(missing), in: turn)
        }
        let lines = try await self.lines(of: past, for: turn, query, context)
        // A turn that begins anew reads them again.
        try Task.checkCancellation()
        self.running?.lines = lines
        if lines == context.readLines, context.unread == nil {
            self.running?.context = .read
        } else {
            self.keep(lines, of: turn, after: storage)
        }
        return lines
    }

    /// Fetches the images of what the question points at. What cannot be fetched is only named.
    func receiveImages(of lines: [TurnLine], for turn: TurnRecord, before storage: QuestionStorage?) async throws
        -> TurnRecord
    {
        let attachments = LineImages.attachments(of: lines)
        guard !attachments.isEmpty, !turn.images.contains(where: LineImages.isOfLine) else { return turn }
        guard await storage?.isStored() ?? true else { throw CancellationError() }
        var images = turn.images
        for (index, attachment) in attachments.enumerated() {
            let number = LineImages.number(index, of: turn.message)
            if let image = try? await self.image(attachment, number: number, of: turn) { images.append(image) }
            try Task.checkCancellation()
        }
        guard images.count > turn.images.count else { return turn }
        // The question in the cached history lacks them.
        self.running?.admission = nil
        let all = images
        try await self.retrying { ledger in try ledger.keepImages(all, of: turn.id) }
        return turn.with(images: images)
    }

    /// Like the files of a question: small enough, and without where a photo was taken.
    private func image(_ attachment: Attachment, number: String, of turn: TurnRecord) async throws -> SentImage? {
        let file = try await self.receive(attachment, number: number, of: turn)
        let read = try await self.environment.reading?.read(file, in: turn.session) ?? file
        guard let shown = read.shown, let files = self.environment.settings.files else { return read.image }
        // Under the name that says that it came with a line. Nobody needs the original.
        let bytes = try await self.bytes(of: shown, in: turn.session)
        try await files.keep(bytes, as: file.stored, in: turn.session)
        return SentImage(
            file: file.stored, name: shown.name, mediaType: shown.mediaType, size: shown.size, width: shown.width,
            height: shown.height)
    }

    /// The message without tokens and pairing codes, which only the bot was meant to read.
    private func withoutSecrets(_ said: SaidMessage, in room: RoomID) -> SaidMessage {
        let sign = self.context.adapters.traits(of: room).sign.character
        return SecretWords.hidden(in: said.text, sign: sign).map { said.with(text: $0) } ?? said
    }

    private static let reconnectionPause: Duration = .milliseconds(100)

    /// Nil if it cannot be read in time.
    private func past(of query: PastQuery, from adapter: any RoomHistory) async throws -> RoomPast? {
        do {
            let past = try await withDeadline(self.environment.settings.pastPatience) {
                while true {
                    do {
                        return try await adapter.past(of: query)
                    } catch let error as AdapterError where error.code == .disconnected {
                        // After a start it is connected in a moment.
                        try await Task.sleep(for: Self.reconnectionPause)
                    }
                }
            }
            try Task.checkCancellation()
            return past
        } catch {
            try Task.checkCancellation()
            self.environment.logger.warning(
                "what was said in a room cannot be read",
                ["room": .string("\(query.route.room)"), "error": .string("\(error)")])
            return nil
        }
    }

    private func lines(
        of past: RoomPast, for turn: TurnRecord, _ query: PastQuery, _ context: QuestionContext
    ) async throws -> [TurnLine] {
        var past = past
        // Whatever an adapter gives, no more is looked up.
        past.messages = past.messages.suffix(query.limit + LineCut.leadingLimit).map {
            self.withoutSecrets($0, in: query.route.room)
        }
        guard !past.messages.isEmpty else { return context.readLines }
        let references = past.messages.compactMap(\.reference)
        let known = try await self.context.store.read { ledger in try ledger.known(references) }
        let lines = PastReading.lines(
            of: past, before: query.before, in: turn.session, below: context.parent, known: known, role: self.roles)
        let limits = self.environment.settings.context.limits(in: turn.route.room) ?? ContextLimits()
        return LineCut.cut(
            lines + context.readLines, to: limits, isThread: query.route.anchor != nil, at: self.environment.now())
    }

    /// Stores a turn's lines while its first request is on its way: nothing of the turn is shown before.
    private func keep(_ lines: [TurnLine], of turn: TurnRecord, after storage: QuestionStorage?) {
        let keeping = QuestionStorage()
        self.running?.keeping = keeping
        // The turn waits for `keeping` before anything of it is shown, and before it ends.
        Task {
            guard await storage?.isStored() ?? true else { return keeping.end(isStored: false) }
            do {
                try await self.retrying { ledger in try ledger.keep(lines, .read, ofTurn: turn.id) }
                keeping.end(isStored: true)
            } catch {
                self.environment.logger.error(
                    "what was said beside a question cannot be stored",
                    ["turn": .string(turn.id), "error": .string("\(error)")])
                keeping.end(isStored: false)
            }
        }
    }
}
