internal import Chat
internal import Crypto
internal import Git
internal import JSON
internal import Logging
internal import Primitives
internal import Repositories
internal import Store
internal import Threads

/// A document that people edit together: its text, who edits it, and what they see of each other.
///
/// An edit is stored before anybody else gets it or its sender hears of it. What others commit becomes an edit of the host,
/// so that carets stay. Saving and merging happen one at a time; edits go on beside them.
///
/// Placing edits is work that others choose, so all documents share a thread for it, and nothing else of the host waits.
actor OpenDocument {
    private static let thread = ThreadExecutor(name: "documents")
    nonisolated var unownedExecutor: UnownedSerialExecutor { Self.thread.asUnownedSerialExecutor() }

    let place: DocumentPlace
    let context: OpenDocuments.Context
    var record: DocumentRecord
    private(set) var text: SharedText
    /// The client id of the text from Git.
    static let initialClient: UInt64 = 1
    /// New for each opening: a number is never used again after edits that were lost.
    let host = UInt64(Crypto.randomBytes(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
    private(set) var ports: [Int: DocumentPort] = [:]
    private var lastPort = 0
    /// In whose share it counts: somebody who has it open, or was the last to have.
    private let holder: Protected<ExactText?>
    /// Not before the first edit.
    private var isStored: Bool
    /// Whether the record has client ids that are not stored.
    var hasNewClients = false
    private var queue: [Work] = []
    private var isFlushing = false
    private var stateChanged = false
    /// Whether it takes nobody any more.
    private(set) var isClosed = false
    private var storedSinceSnapshot = (count: 0, bytes: 0)
    /// The conflict that people know of.
    private var conflict: DocumentVersions?
    private var mark: BranchMark?
    /// What the rules found, and after how many changes: everybody asks about the same text.
    var checked: (at: Int, findings: [JSON])?
    /// The comments that people know of.
    var comments: JSON?
    private var ticks = 0
    /// When the last editor left, in milliseconds; nil while there is one.
    private var quietSince: Int64?
    private var isBusy = false
    private let turns = GitTurns(1)
    private var retry = SaveRetry()
    private var flushWaiters: [CheckedContinuation<Void, Never>] = []

    private enum Work {
        case update([UInt8], from: DocumentPort?)
        /// The port has room for it.
        case frame([UInt8], to: DocumentPort)
        case message(JSON)
    }

    private static let portLimit = 100
    /// Of those the ones that are kept for owners.
    private static let ownersPorts = 10
    /// Of one person, who is not an owner.
    private static let personPorts = 5
    /// In operations, of a question about a short text.
    static let questionCost = 200
    /// Of steps, between which other documents have a turn: a few milliseconds.
    private static let slice = 200_000
    /// With more, the next opening begins a new history.
    private static let longHistory = (items: 20_000, clients: 1_000)

    /// ``load(_:)`` has to follow.
    ///
    /// - Parameter isStored: Whether the store has the record.
    init(
        _ record: DocumentRecord, isStored: Bool, holder: Protected<ExactText?>, context: OpenDocuments.Context
    ) {
        self.place = record.place
        self.record = record
        self.isStored = isStored
        self.holder = holder
        self.context = context
        self.text = SharedText()
        self.quietSince = context.now()
    }

    /// Makes the text of the record's snapshot and of what was stored after it, in slices: a history may take as long as
    /// those who made it want.
    func load(_ updates: [[UInt8]]) async throws {
        var text = SharedText()
        var limit = Self.slice
        for update in CollectionOfOne(self.record.snapshot) + updates {
            var work = try text.begin(TextUpdate(update, limit: .max))
            while !text.advance(&work, to: limit) {
                await Task.yield()
                limit = text.steps + Self.slice
            }
            _ = text.finish(work, to: .max)
            try text.checkPending()
        }
        self.text = text
        self.storedSinceSnapshot.count = updates.count
    }

    // MARK: People

    /// Nil if the document was closed in between.
    func join(
        _ editor: DocumentEditor, canEdit: Bool, isOwner: Bool, epoch: String?, budget: EditBudget
    ) throws -> DocumentPort? {
        guard !self.isClosed else { return nil }
        try self.checkRoom(for: ExactText(editor.sender.id), isOwner: isOwner)
        self.lastPort += 1
        let port = DocumentPort(
            id: self.lastPort, editor: editor, canEdit: canEdit, knowsEpoch: epoch != nil, budget: budget)
        if let epoch, epoch != self.record.epoch {
            self.refuseEpoch(port)
            return port
        }
        port.send([
            "type": "hello", "epoch": .string(self.record.epoch), "base": .string(self.record.base),
            "branch": .string(self.place.branch), "repository": .string(self.place.repository),
            "can_edit": .bool(canEdit), "unsaved": .bool(!self.record.editors.isEmpty),
        ])
        self.ports[port.id] = port
        self.chooseHolder()
        if canEdit { self.quietSince = nil }
        if let conflict { port.send(conflict.message) }
        return port
    }

    private func checkRoom(for person: ExactText, isOwner: Bool) throws(DocumentProblem) {
        let limit = Self.portLimit - (isOwner ? 0 : Self.ownersPorts)
        guard self.ports.count < limit else {
            throw .busy("`\(self.place.path)` is open in \(limit) places. Try again later.")
        }
        let own = self.ports.values.count { $0.person == person }
        guard isOwner || own < Self.personPorts else {
            throw .busy("You have `\(self.place.path)` open in \(own) places. Close one of them, and try again.")
        }
    }

    private func chooseHolder() {
        let people = self.ports.values.map(\.person)
        self.holder.withLock { holder in
            guard let other = people.first, !people.contains(where: { $0 == holder }) else { return }
            holder = other
        }
    }

    private func refuseEpoch(_ port: DocumentPort) {
        port.send([
            "type": "error", "code": "epoch", "epoch": .string(self.record.epoch),
            "message": .string(
                "The document's history began anew since you were here, so your text can't be merged. Copy what you need "
                    + "and open the document again."),
        ])
        port.close("epoch")
        self.leave(port)
    }

    func leave(_ port: DocumentPort) {
        guard self.ports.removeValue(forKey: port.id) != nil else { return }
        let presence = port.withProgress { progress in
            progress.isEnded = true
            return progress.presence
        }
        self.chooseHolder()
        // Somebody who comes back may be here again before the old connection has ended.
        if var gone = presence, !self.ports.values.contains(where: { $0.client == presence?.client }) {
            (gone.clock, gone.state) = (gone.clock + 1, "null")
            self.tell(.binary(DocumentFrame.awareness(gone)), except: port)
        }
        if !self.ports.values.contains(where: \.canEdit), self.quietSince == nil {
            self.quietSince = self.context.now()
        }
    }

    func tell(_ frame: DocumentPort.Frame, except port: DocumentPort? = nil) {
        for other in self.ports.values where other !== port { other.send(frame) }
    }

    // MARK: Edits

    func receive(_ bytes: [UInt8], from port: DocumentPort) {
        guard self.ports[port.id] != nil else { return }
        do {
            guard port.budget.maySend(bytes.count, at: self.context.now()) else { throw Self.tooMuch }
            switch try DocumentFrame(bytes) {
            case .step(let vector):
                let cost = max(Self.questionCost, self.text.itemCount / 64)
                guard port.budget.mayDo(cost, at: self.context.now()) else { throw Self.tooFast }
                let known = try TextUpdate.stateVector(vector)
                guard port.knowsEpoch || known.isEmpty else { return self.refuseEpoch(port) }
                let answer = DocumentFrame.sync(1, self.text.encode(since: known))
                for bytes in [answer, DocumentFrame.sync(0, self.text.stateVector)] where port.reserve(.binary(bytes)) {
                    self.enqueue(.frame(bytes, to: port))
                }
                self.showOthers(to: port)
            case .update(let bytes): try self.take(bytes, from: port)
            case .awareness(let states):
                guard port.budget.mayDo(max(1, states.count), at: self.context.now()) else { throw Self.tooFast }
                let presence = port.presence(in: states) { self.mayUse($0, as: port.person) }
                if let presence { self.tell(.binary(DocumentFrame.awareness(presence)), except: port) }
            case .awarenessQuery:
                guard port.budget.mayDo(Self.questionCost, at: self.context.now()) else { throw Self.tooFast }
                self.showOthers(to: port)
            }
        } catch let error as SharedTextError {
            self.refuse(port, error.code.rawValue, "\(error) Copy your text, and open the document again.")
        } catch {
            self.refuse(port, "failed", "The edit could not be taken.")
        }
    }

    private static let readOnly = "You may only read this document, so your edits were not taken."
    static let tooFast = SharedTextError(.tooLarge, "comes with over 10,000 others in a second")
    private static let tooMuch = SharedTextError(.tooLarge, "comes with over 4 MB of others in ten seconds")

    private func take(_ bytes: [UInt8], from port: DocumentPort) throws {
        let update = try TextUpdate(bytes)
        guard port.budget.mayDo(self.text.cost(of: update), at: self.context.now()) else { throw Self.tooFast }
        let before = self.text.changeCount
        guard port.canEdit else {
            if try self.hasNews(update, from: port) { self.refuse(port, "read-only", Self.readOnly) }
            return
        }
        let clients = try self.writers(of: update, from: port.person)
        try self.take(update, into: &self.text, from: port)
        self.claim(clients, for: port.person)
        port.withProgress { $0.received += 1 }
        guard self.text.changeCount > before else {
            // Everything of it is stored or about to be: the acknowledgement follows that.
            return self.enqueue(.update([], from: port))
        }
        self.record.editedAt = self.context.now()
        if !self.record.editors.contains(where: { $0.sender.id == port.editor.sender.id }) {
            self.record.editors.append(port.editor)
        }
        self.enqueue(.update(bytes, from: port))
    }

    func refuse(_ port: DocumentPort, _ code: String, _ message: String) {
        port.send(["type": "error", "code": .string(code), "message": .string(message)])
        port.close(code)
        self.leave(port)
    }

    private func enqueue(_ work: Work) {
        self.queue.append(work)
        guard !self.isFlushing else { return }
        self.isFlushing = true
        // Unstructured: it lasts while there is something to store.
        Task { await self.flush() }
    }

    private func storeState() {
        self.stateChanged = true
        self.enqueue(.message(.null))
    }

    private func flush() async {
        while !self.queue.isEmpty {
            let batch = self.queue
            self.queue = []
            let updates = batch.compactMap { work -> [UInt8]? in
                guard case .update(let bytes, _) = work, !bytes.isEmpty else { return nil }
                return bytes
            }
            if !updates.isEmpty || self.stateChanged && self.isStored {
                let (isStored, hasNewClients) = (self.isStored, self.hasNewClients)
                (self.stateChanged, self.hasNewClients) = (false, false)
                var record = self.record
                record.editors =
                    self.saving
                    + record.editors.filter { editor in
                        !self.saving.contains { $0.sender.id == editor.sender.id }
                    }
                do {
                    let stored = record
                    let isAlone = try await self.context.write(self.session) { ledger in
                        guard try isStored || ledger.begin(stored), try ledger.add(updates, to: stored) else {
                            return false
                        }
                        if hasNewClients { try ledger.storeClients(of: stored) }
                        return true
                    }
                    guard isAlone else {
                        return self.fail("The document is also open at another host. Open it again.")
                    }
                } catch {
                    self.context.logger.error(
                        "edits of a document were not stored",
                        ["path": .string(self.place.path), "error": .string("\(error)")])
                    return self.fail(
                        "Your last edits could not be stored. Copy your text, and open the document again.")
                }
                self.isStored = true
                self.record.last += Int64(updates.count)
                self.storedSinceSnapshot.count += updates.count
                self.storedSinceSnapshot.bytes += updates.reduce(0) { $0 + $1.count }
                if !updates.isEmpty { FaultPoint.editStored.hit() }
            }
            self.deliver(batch)
            if self.storedSinceSnapshot.count > 1_000 || self.storedSinceSnapshot.bytes > 512 << 10 {
                await self.compact()
            }
        }
        self.isFlushing = false
        for waiter in self.flushWaiters { waiter.resume() }
        self.flushWaiters = []
    }

    /// The thread of whoever edits.
    var session: String? {
        self.record.editors.last?.session ?? self.ports.values.first?.editor.session
    }

    private func deliver(_ batch: [Work]) {
        var acknowledged: [Int: DocumentPort] = [:]
        for work in batch {
            switch work {
            case .update(let bytes, let port):
                if !bytes.isEmpty { self.tell(.binary(DocumentFrame.sync(2, bytes)), except: port) }
                guard let port else { continue }
                port.withProgress { $0.stored += 1 }
                acknowledged[port.id] = port
            case .frame(let bytes, let port): port.sendReserved(.binary(bytes))
            case .message(let message): if message != .null { self.tell(.text(message.text)) }
            }
        }
        for port in acknowledged.values {
            port.send(["type": "stored", "updates": .integer(Int64(port.withProgress { $0.stored }))])
        }
    }

    /// Ends everybody's connection: what is stored is read again when they are back.
    private func fail(_ message: String) {
        self.isClosed = true
        self.queue = []
        for port in self.ports.values { self.refuse(port, "lost", message) }
        self.isFlushing = false
        for waiter in self.flushWaiters { waiter.resume() }
        self.flushWaiters = []
    }

    private func flushed() async {
        guard self.isFlushing else { return }
        await withCheckedContinuation { self.flushWaiters.append($0) }
    }

    private func compact() async {
        guard self.storedSinceSnapshot.count > 0 else { return }
        let (record, snapshot) = (self.record, self.text.encode())
        self.storedSinceSnapshot = (0, 0)
        do {
            try await self.context.write(self.session) { try $0.compact(record, to: snapshot) }
        } catch {
            self.context.logger.warning(
                "the history of a document was not compacted", ["error": .string("\(error)")])
        }
    }

    // MARK: Commits

    /// Who has edited what is being committed.
    private var saving: [DocumentEditor] = []

    private func alone(_ body: () async -> Void) async {
        guard (try? await self.turns.enter()) != nil else { return }
        self.isBusy = true
        await body()
        self.isBusy = false
        self.turns.leave()
    }

    /// Handles a client's text message.
    func receive(_ text: String, from port: DocumentPort) async {
        guard self.ports[port.id] != nil else { return }
        guard port.budget.maySend(text.utf8.count, at: self.context.now()) else {
            return self.refuse(port, "too-large", Self.tooMuch.description)
        }
        let message = (try? JSON.parse(text, depthLimit: 8)) ?? .null
        guard message["type"] == "save" else { return await self.take(question: message, from: port) }
        guard port.canEdit else {
            return self.refuse(port, "read-only", Self.readOnly)
        }
        await self.save(for: port, base: message["base"]?.stringValue, message: message["message"]?.stringValue)
    }

    /// Commits what was edited since the last commit.
    ///
    /// - Parameter base: The commit of a conflict that people have resolved in the text.
    func save(for port: DocumentPort? = nil, base: String? = nil, message: String? = nil) async {
        await self.alone { await self.saveAlone(port, base, message) }
    }

    private func saveAlone(_ port: DocumentPort?, _ base: String?, _ message: String?) async {
        if let base, let head = self.conflict?.head?.hex, base == head {
            self.record.base = head
            self.conflict = nil
        }
        await self.mergeAlone()
        await self.flushed()
        guard !self.isClosed else { return }
        guard self.conflict == nil else {
            if let port, let conflict { port.send(conflict.message) }
            return
        }
        let editors = self.record.editors
        guard let author = editors.first else {
            port?.send(["type": "saved", "commit": .null, "base": .string(self.record.base), "unsaved": false])
            return
        }
        let copy = self.text
        let plain = self.plainText
        var edit = DocumentEdit(
            path: self.place.path, text: plain, base: self.record.base, message: message, author: author.sender,
            id: Identifier.make("d"))
        edit.coAuthors = editors.dropFirst().map(\.sender)
        (self.saving, self.record.editors) = (editors, [])
        do {
            let outcome = try await self.answered { [desk = self.context.desk, place = self.place, edit] in
                try await desk.save(edit, at: place)
            }
            (self.saving, self.retry) = ([], SaveRetry())
            switch outcome {
            case .committed(let commit, let merged, _):
                if self.adopt(merged, since: copy) { self.record.base = commit.sha }
                self.storeState()
                self.enqueue(
                    .message([
                        "type": "saved",
                        "commit": ["sha": .string(commit.sha), "url": .string(self.context.link(commit))],
                        "base": .string(commit.sha), "unsaved": .bool(!self.record.editors.isEmpty),
                    ]))
                await self.flushed()
                await self.context.report(commit, author.session)
            case .unchanged(let text):
                _ = self.adopt(text, since: copy)
                self.storeState()
                self.enqueue(
                    .message([
                        "type": "saved", "commit": .null, "base": .string(self.record.base),
                        "unsaved": .bool(!self.record.editors.isEmpty),
                    ]))
            case .conflict(let versions):
                self.restore(editors)
                self.show(versions)
            }
        } catch {
            self.saving = []
            self.restore(editors)
            self.retry.note(error, of: self.text.changeCount, on: self.record.base, at: self.context.now())
            let reason = SaveRetry.reason(of: error)
            self.context.logger.warning(
                "a document was not committed", ["path": .string(self.place.path), "error": .string(reason)])
            self.tell(
                .text(
                    JSON.object([
                        "type": "error", "code": "save",
                        "message": .string("Nothing was committed; your edits are kept. \(reason)"),
                    ]).text))
        }
    }

    var plainText: String { DocumentLineEnds.withFeeds(self.text.text) }

    private func restore(_ editors: [DocumentEditor]) {
        let later = self.record.editors
        self.record.editors =
            editors
            + later.filter { editor in
                !editors.contains { $0.sender.id == editor.sender.id }
            }
    }

    /// Makes a committed text part of this one: an edit of the host, made to what the text was when it was compared. False
    /// if the text cannot have it: then it must not count as merged.
    private func adopt(_ committed: String, since copy: SharedText) -> Bool {
        var copy = copy
        guard let plain = DocumentLineEnds.plain(committed) else { return false }
        guard let update = copy.replace(with: plain, as: self.host) else { return true }
        do {
            try self.text.take(TextUpdate(update))
            self.claim([self.host], for: Self.nobody)
            self.enqueue(.update(update, from: nil))
            return true
        } catch {
            self.context.logger.error(
                "a commit was not merged into an open document",
                ["path": .string(self.place.path), "error": .string("\(error)")])
            return false
        }
    }

    private func show(_ versions: DocumentVersions) {
        guard self.conflict?.head != versions.head else { return }
        self.conflict = versions
        self.tell(.text(versions.message.text))
    }

    /// Merges what others have committed.
    func merge() async { await self.alone { await self.mergeAlone() } }

    private func mergeAlone() async {
        await self.flushed()
        guard !self.isClosed else { return }
        let copy = self.text
        do {
            let (desk, place, base, plain) = (self.context.desk, self.place, self.record.base, copy.text)
            switch try await self.answered({ try await desk.news(at: place, since: base, plain) }) {
            case .none: self.conflict = nil
            case .moved(let head):
                self.record.base = head.hex
                self.conflict = nil
                self.storeState()
            case .merged(let stored):
                guard self.adopt(stored.text ?? "", since: copy) else {
                    return self.show(
                        DocumentVersions(base: nil, theirs: stored.text, ours: copy.text, head: stored.commit))
                }
                self.record.base = stored.commit.hex
                self.conflict = nil
                self.storeState()
                self.enqueue(
                    .message([
                        "type": "merged", "base": .string(stored.commit.hex),
                        "unsaved": .bool(!self.record.editors.isEmpty),
                    ]))
            case .conflict(let versions): self.show(versions)
            }
        } catch {
            self.mark = nil
            self.context.logger.warning(
                "an open document was not compared with its branch",
                ["path": .string(self.place.path), "error": .string("\(error)")])
        }
    }

    // MARK: Time

    /// Looks every second for commits of others, of which Git tells nobody, and saves when it has been quiet. Returns
    /// whether the document is needed no more.
    func tick() async -> Bool {
        guard !self.isClosed else { return true }
        self.ticks += 1
        if self.ticks % 30 == 0 { self.context.desk.refresh(self.place) }
        let mark = self.context.desk.mark(of: self.place)
        if mark == nil || mark != self.mark {
            self.mark = mark
            await self.merge()
        }
        guard let since = self.quietSince, self.conflict == nil || self.ports.isEmpty else { return false }
        let isQuiet = self.context.now() - since >= self.context.quiet
        let isDue = self.retry.isDue(self.text.changeCount, on: self.record.base, at: self.context.now())
        if isQuiet, isDue, !self.record.editors.isEmpty, self.conflict == nil { await self.save() }
        guard self.ports.isEmpty, isQuiet || self.record.editors.isEmpty else { return false }
        await self.close()
        return self.isClosed
    }

    /// Stores a snapshot, and begins a new history at the next opening if this one is long and committed.
    func close() async {
        await self.flushed()
        guard self.ports.isEmpty, !self.isClosed, !self.isBusy else { return }
        self.isClosed = true
        let isLong =
            self.text.itemCount > Self.longHistory.items || self.text.clients.count > Self.longHistory.clients
        if isLong, self.record.editors.isEmpty {
            let place = self.place
            _ = try? await self.context.write(nil) { try $0.removeDocument(at: place) }
        } else {
            await self.compact()
        }
    }

    /// When the host stops.
    func stop() async {
        for port in self.ports.values {
            port.close("the host restarts")
            self.leave(port)
        }
        await self.close()
    }
}
