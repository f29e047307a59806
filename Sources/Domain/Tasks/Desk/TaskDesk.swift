package import Audit
package import Chat
internal import Git
internal import JSON
internal import Logging
package import Posts
internal import Primitives
package import Repositories
internal import Sessions
package import Store

/// The lists of tasks of all repositories: reads and changes `docs/TASKS.md` on their branches, and keeps the index.
package actor TaskDesk {
    let store: SessionStore
    /// Says what people hear of; nil where nobody does.
    private let posts: ThreadPosts?
    private let propose: Propose?
    nonisolated let repositories: RepositoryCatalog
    /// Where links to commits and to the list lead.
    package nonisolated let pages: RepositoryPages
    /// Milliseconds since 1970.
    private nonisolated let now: @Sendable () -> Int64
    /// Where the branches were when the index was brought up to date.
    nonisolated let known = Protected<[String: KnownBase]>([:])
    /// The lists of features as they were read last, by the hashes of their files.
    nonisolated let featureLists = Protected<[String: [String: TaskFeature]]>([:])
    /// Wakes the watch of branches, also when `known` has changed.
    nonisolated let wakeup = Signal()
    /// The lists as they were indexed last, by the hashes of their files.
    private var indexed: [String: (blob: String, file: TaskFile)] = [:]
    /// Lists that an earlier process or another host indexed, read to find a task that the index does not have under the
    /// name that was given. Kept apart: an older version may have written the index, so changes are not computed from these.
    private var searched: [String: (blob: String, file: TaskFile)] = [:]
    /// Appends to the audit.
    private nonisolated let audit: @Sendable (Ledger, AuditEntry) throws -> Void
    /// The commits whose lists were refused, so that they are not read again each second.
    private var refused: [String: (commit: String, error: RepositoryError)] = [:]
    /// The steps with each repository, so that they do not get into each other's way.
    private var turns: [String: GitTurns] = [:]
    private let logger = Logger(label: "tasks")

    /// What opens the pull request of a change whose branch refuses it, and returns its address; nil for a repository whose
    /// server has none.
    package typealias Propose =
        @Sendable (_ repository: String) -> (
            @Sendable (_ branch: String, _ base: String, _ title: String) async throws -> String
        )?

    /// How often a branch may move while a change is decided anew.
    private static let attempts = 50
    /// How long reading waits for a change, whose server may take half an hour.
    private static let patience = Duration.seconds(1)
    /// How long a list of several repositories waits for one whose server was never read.
    private static let longPatience = Duration.seconds(10)

    package init(
        store: SessionStore, posts: ThreadPosts? = nil, repositories: RepositoryCatalog, pages: RepositoryPages,
        audit: @escaping @Sendable (Ledger, AuditEntry) throws -> Void = { _, _ in },
        now: @escaping @Sendable () -> Int64, propose: Propose? = nil
    ) {
        self.propose = propose
        self.audit = audit
        self.store = store
        self.posts = posts
        self.repositories = repositories
        self.pages = pages
        self.now = now
    }

    package nonisolated var names: [String] { self.repositories.names }

    /// The commit at which a repository's list was read, and where it is.
    package struct Head: Sendable, Hashable {
        package let repository: String
        package let branch: String
        package let commit: String
    }

    // MARK: Reading

    /// Brings the index up to date with a repository's branch, and returns what it is of. While a change waits for its
    /// server, that may be an earlier commit of the branch. Throws ``RepositoryError``.
    @discardableResult
    package func refresh(_ name: String?) async throws -> Head {
        try Task.checkCancellation()
        let repository = try self.repositories.repository(name)
        let known = self.known.withLock { $0[repository.name] }
        let base = try await repository.knownBase(since: known)
        if let known, known.branch == base.branch {
            // Whoever has the turn may have read a later one.
            self.known.withLock { if $0[repository.name] == known { $0[repository.name] = base } }
            return Head(repository: repository.name, branch: base.branch.name, commit: base.branch.id.hex)
        }
        if let head = try await self.alone(
            repository.name, within: Self.patience, { desk in try await desk.refreshNow(repository) })
        {
            return head
        }
        if let head = try await self.indexedHead(of: repository.name) { return head }
        return try await self.alone(repository.name) { desk in try await desk.refreshNow(repository) }
    }

    /// What the index is of; nil before its first list.
    private func indexedHead(of name: String) async throws -> Head? {
        let list = try await self.store.read { ledger in try ledger.taskList(of: name) }
        return list.map { Head(repository: name, branch: $0.branch, commit: $0.hash) }
    }

    private func refreshNow(_ repository: LocalRepository) async throws -> Head {
        let known = self.known.withLock { $0[repository.name] }
        let base = try await repository.knownBase(since: known)
        let head = Head(repository: repository.name, branch: base.branch.name, commit: base.branch.id.hex)
        guard known != base else { return head }
        if let refused = self.refused[repository.name], refused.commit == head.commit { throw refused.error }
        let name = repository.name
        let list = try await self.store.read { ledger in try ledger.taskList(of: name) }
        if list?.hash != head.commit || list?.branch != head.branch {
            let file = try await repository.file(TaskFile.path, at: base.branch, limit: TaskFile.sizeLimit)
            let isIndexed: Void? = try await UnderWay(store: self.store).run(.tasks, "\(name) \(head.commit)") {
                try await self.index(file, repository, known: list)
            }
            guard isIndexed != nil else {
                throw RepositoryError(
                    .invalidDocument,
                    "the tasks of \(name) can't be read: the host ended twice while it read \(TaskFile.path) at "
                        + "\(head.commit.prefix(7)). Change that file, then they are read again.")
            }
        }
        self.known.withLock { $0[name] = base }
        self.wakeup.signal()
        return head
    }

    /// Writes what a file says into the index, if its blob is another one, and tells whoever is assigned.
    func index(
        _ file: BaseFile, _ repository: LocalRepository, known list: TaskListRow?, parsed: TaskFile? = nil,
        by author: Sender? = nil
    ) async throws {
        let bytes = file.bytes ?? []
        let (name, now) = (repository.name, self.now())
        let blob = GitObjectID.blob(bytes)?.hex ?? ""
        let row = TaskListRow(branch: file.branch, hash: file.commit.hex, blob: blob)
        if let list, list.blob == blob, list.branch == file.branch {
            try await self.store.write { ledger in try ledger.moveTaskList(of: name, to: row.hash, at: now) }
            return
        }
        let time = try await repository.time(of: file.commit) * 1_000
        let file = if let parsed { parsed } else { await Self.read(bytes) }
        if let excess = file.excess {
            let error = RepositoryError(.invalidDocument, "the tasks of \(name) can't be followed: \(excess).")
            self.refused[name] = (row.hash, error)
            throw error
        }
        var handle: String?
        if let author { handle = try await self.handle(of: author) }
        let news = TaskNews(
            repository: name, link: self.pages.file(TaskFile.path, on: row.branch, of: name), commit: row.hash,
            author: author, handle: handle)
        var old = self.indexed[name].flatMap { $0.blob == list?.blob ? $0 : nil }
        while true {
            // Before the transaction: other writes wait for it.
            let change = TaskListChange(from: old?.file, to: file)
            let tasks = change.items.map { $0.record(in: name, at: row.hash, time: time) }
            let (part, known) = (change.part, old?.blob)
            let write: @Sendable (Ledger) throws -> [ThreadNews] = { [posts] ledger in
                if let known, try ledger.taskList(of: name)?.blob != known { throw OtherIndex() }
                let assigned = try ledger.setTasks(tasks, of: name, row, in: part, by: author, at: now)
                // What the first look finds was assigned before.
                guard let posts, list != nil else { return [] }
                return try news.assigned(assigned, in: ledger, posts.adapters, at: now)
            }
            do {
                if let posts { try await posts.tell(write) } else { _ = try await self.store.write(write) }
                break
            } catch is OtherIndex {
                // Another host was faster: all of the list is replaced.
                old = nil
            }
        }
        self.store.namedTexts.note()
        self.indexed[name] = (blob, file)
        self.searched[name] = nil
    }

    /// The index is of another file than the one that a change was made from.
    private struct OtherIndex: Error {}

    // MARK: People

    /// What a person is called in lists: what they were called when they first used one, or have chosen since.
    package func handle(of person: Sender) async throws -> String {
        if let known = try await self.store.read({ ledger in try ledger.taskHandle(of: person.id) }) { return known }
        try await self.call(person, person.taskHandle, isKept: true)
        return person.taskHandle
    }

    /// Throws ``TaskError``.
    package func call(_ person: Sender, _ handle: String, isKept: Bool = false) async throws {
        guard TaskText.isWord(handle) else {
            throw TaskError.invalid("“\(handle)” is not one word of letters and digits")
        }
        guard person.isLasting else { return }
        try await self.store.write { ledger in try ledger.setTaskHandle(handle, of: person.id, isKept: isKept) }
    }

    /// Whether somebody has looked at a repository's tasks, perhaps before a restart.
    func isFollowed(_ name: String) async -> Bool {
        if self.known.withLock({ $0[name] }) != nil { return true }
        return (try? await self.store.read { ledger in try ledger.taskList(of: name) }) ?? nil != nil
    }

    /// A page of tasks, and a cursor of the next one. Without a repository those of all.
    package func list(
        _ filter: TaskFilter, in name: String?, after cursor: Int64 = 0, limit: Int
    ) async throws -> (items: [TaskRecord], next: Int64?, head: Head?) {
        let names = try name.map { [try self.repositories.repository($0).name] } ?? self.names
        var items: [TaskRecord] = []
        let heads = try await self.heads(of: names)
        let head = names.count == 1 ? heads[names[0]] : nil
        let (first, line) = (Int(cursor / Self.rank), cursor % Self.rank)
        for (index, name) in names.enumerated() {
            guard index >= first, let read = heads[name] else { continue }
            let after = index == first ? line : 0
            let left = limit + 1 - items.count
            let tasks = try await self.store.read { ledger in
                try ledger.tasks(of: name, filter, after: after, limit: left, at: read.commit)
            }
            for task in tasks {
                guard items.count < limit else {
                    let last = items[limit - 1]
                    let rank = Int64(names.firstIndex(of: last.repository) ?? 0)
                    return (items, rank * Self.rank + Int64(last.line), head)
                }
                items.append(task)
            }
        }
        return (items, nil, head)
    }

    /// What the index is of after a refresh. Of several repositories, one that cannot be read must not hide the others.
    private func heads(of names: [String]) async throws -> [String: Head] {
        if names.count == 1 { return [names[0]: try await self.refresh(names[0])] }
        return try await withThrowingTaskGroup(of: Head?.self) { group in
            for name in names { group.addTask { try await self.headInTime(of: name) } }
            var heads: [String: Head] = [:]
            for try await head in group { if let head { heads[head.repository] = head } }
            return heads
        }
    }

    private func headInTime(of name: String) async throws -> Head? {
        do {
            let repository = try self.repositories.repository(name)
            // A first fetch continues after the wait for it.
            if self.known.withLock({ $0[name] }) == nil { repository.refreshBeside() }
            let head: Head? = try await withDeadline(Self.longPatience) { () async throws(any Error) in
                try await self.refresh(name)
            }
            if let head { return head }
            self.logger.info(
                "tasks are listed as they were read last, because the server does not answer",
                ["repository": .string(name)])
        } catch let error as RepositoryError {
            self.logger.info(
                "tasks cannot be read", ["repository": .string(name), "reason": .string(error.message)])
            return nil
        }
        return try await self.indexedHead(of: name)
    }

    /// More lines than a file has.
    private static let rank: Int64 = 1_000_000_000

    /// Throws ``TaskError`` or ``RepositoryError``.
    package func task(_ address: String, in name: String?) async throws -> TaskRecord {
        let head = try await self.refresh(name)
        func find(_ address: String) async throws -> TaskRecord? {
            try await self.store.read { ledger in try ledger.task(address, in: head.repository, at: head.commit) }
        }
        if let task = try await find(address) { return task }
        let found = try await Self.item(at: address, in: self.file(at: head))
        guard let task = try await find(found.address) else { throw TaskError.unknown(address) }
        return task
    }

    /// The list that the index is of, read once for all who ask for it.
    private func file(at head: Head) async throws -> TaskFile {
        let repository = try self.repositories.repository(head.repository)
        if let file = try await self.alone(
            repository.name, within: Self.patience, { desk in try await desk.fileNow(at: head, repository) })
        {
            return file
        }
        return try await self.fileNow(at: head, repository)
    }

    private func fileNow(at head: Head, _ repository: LocalRepository) async throws -> TaskFile {
        let name = repository.name
        let list = try await self.store.read { ledger in try ledger.taskList(of: name) }
        for known in [self.indexed[name], self.searched[name]] {
            if let known, known.blob == list?.blob { return known.file }
        }
        let bytes = try await repository.bytes(of: TaskFile.path, at: head.commit, TaskFile.sizeLimit) ?? []
        let file = await Self.read(bytes)
        self.searched[name] = (GitObjectID.blob(bytes)?.hex ?? "", file)
        return file
    }

    /// Not on the actor, which all repositories share: a list of 4 MiB takes a tenth of a second.
    @concurrent static func read(_ bytes: [UInt8]) async -> TaskFile { TaskFile(bytes) }

    @concurrent private static func item(at address: String, in file: TaskFile) async throws -> TaskItem {
        try file.item(at: address)
    }

    // MARK: Changing

    /// Who changes something, and for what.
    package struct Author: Sendable {
        let person: Sender
        /// The operation's id, by which a commit is found again.
        let turn: String
        let session: String?
        /// Nothing was done yet under this id.
        let isNew: Bool

        package init(_ person: Sender, turn: String, session: String? = nil, isNew: Bool = true) {
            self.person = person
            self.turn = turn
            self.session = session
            self.isNew = isNew
        }
    }

    package struct Outcome: Sendable {
        /// Nil if the task was like that already.
        package let commit: MadeCommit?
        /// As it is with that commit.
        package let task: TaskRecord
    }

    /// Commits a change, decided anew on each newer file until the branch does not move meanwhile. Throws ``TaskError`` or
    /// ``RepositoryError``.
    package func change(_ wish: TaskWish, in name: String?, by author: Author) async throws -> Outcome {
        let repository = try self.repositories.repository(name)
        let work = RemoteWork(person: author.person.id, say: RemoteWork.current.say)
        return try await RemoteWork.$current.withValue(work) {
            try await self.alone(repository.name) { desk in
                let (commit, address) = try await desk.changeNow(wish, repository, author)
                let task = try await desk.store.read { ledger in try ledger.task(address, in: repository.name) }
                guard let task else { throw TaskError.unknown(address) }
                return Outcome(commit: commit, task: task)
            }
        }
    }

    private func changeNow(
        _ wish: TaskWish, _ repository: LocalRepository, _ author: Author
    ) async throws -> (MadeCommit?, String) {
        let seen = try await self.seen(wish, repository)
        var decision: Decision?
        let date = CivilTime(milliseconds: self.now()).date
        for attempt in 1...Self.attempts {
            // What others have changed is not told as ours.
            _ = try await self.refreshNow(repository)
            // A server's branch is read again after a refused publication.
            let base = try await repository.knownBase()
            let file = try await repository.file(TaskFile.path, at: base.branch, limit: TaskFile.sizeLimit)
            if attempt == 1, !author.isNew,
                let made = try await repository.commit(ofTurn: author.turn, on: file.branch)
            {
                let list = await Self.read(file.bytes ?? [])
                return (made, try Self.address(in: list, made, wish))
            }
            let known = (self.searched[repository.name] ?? self.indexed[repository.name])?.file
            let before =
                if let known, known.bytes == file.bytes { known } else { await Self.read(file.bytes ?? []) }
            let changed = try await Self.applied(
                wish, to: before, seen, decision, by: author.person.displayName, on: date)
            decision = changed.decision
            let (after, address, title) = (changed.after, changed.address, changed.title)
            guard after.bytes != before.bytes else { return (nil, address) }
            if let excess = after.excess { throw TaskError.invalid(excess) }
            do {
                let made = try await repository.replace(
                    TaskFile.path, of: file, with: after.bytes, subject: wish.subject(address, title),
                    author: try await repository.author(author.person, seconds: self.now() / 1_000), turn: author.turn)
                try await self.note(made, after, address, repository, author)
                return (made, address)
            } catch let error as RepositoryError where Self.hasMoved(error) && attempt < Self.attempts {
                try await repository.refresh()
            } catch let error as RepositoryError where error.code == .git(.rejected) {
                guard let propose = self.propose?(repository.name) else { throw error }
                let branch = "jetbridge/tasks-\(author.turn)"
                // After a crash it is there already.
                if try await repository.commit(ofTurn: author.turn, on: branch) == nil {
                    _ = try await repository.replace(
                        TaskFile.path, of: file, with: after.bytes, subject: wish.subject(address, title),
                        author: try await repository.author(author.person, seconds: self.now() / 1_000),
                        turn: author.turn,
                        onNew: branch)
                }
                throw TaskError.proposed(try await propose(branch, file.branch, wish.subject(address, title)))
            }
        }
        throw TaskError.invalid("nothing was changed because others keep moving the branch: try again in a minute")
    }

    /// What a wish meant on the first list, repeated on newer ones.
    private typealias Decision = (key: TaskFile.Key, actions: [TaskAction])

    /// A list after a wish. Not on the actor either: each step reads the list again.
    @concurrent private static func applied(
        _ wish: TaskWish, to before: TaskFile, _ seen: TaskItem?, _ decision: Decision?, by who: String,
        on date: String
    ) async throws -> (after: TaskFile, address: String, title: String, decision: Decision?) {
        guard let name = wish.task else {
            let added = try before.adding(wish)
            return (after: added.file, address: added.address, title: added.title, decision: nil)
        }
        let known = decision?.key ?? seen.map { TaskFile.Key($0) }
        let item =
            if let known { try before.item(known) } else { try before.item(at: name) }
        if let seen { try Self.check(item, isAs: seen, wish, by: who, on: date) }
        let actions = decision?.actions ?? wish.actions(on: item, by: who, on: date)
        var (after, address, title) = (before, item.address, item.text)
        for action in actions {
            // It may have got its id by the one before.
            let current = TaskFile.Key(try after.item(at: address))
            let step = TaskAction(current, action.field, from: action.old, to: action.new)
            (after, address, title) = try after.applying(step)
        }
        let decided: Decision = (key: known ?? TaskFile.Key(item), actions: actions)
        return (after: after, address: address, title: title, decision: decided)
    }

    private static func hasMoved(_ error: RepositoryError) -> Bool {
        [.git(.conflict), .git(.exists), .git(.notFound)].contains(error.code)
    }

    /// The task as the person saw it; nil without a base.
    private func seen(_ wish: TaskWish, _ repository: LocalRepository) async throws -> TaskItem? {
        guard let address = wish.task, let base = wish.base else { return nil }
        guard base.utf8.count >= 7, base.allSatisfy(\.isHexDigit),
            let bytes = try? await repository.bytes(of: TaskFile.path, at: base, TaskFile.sizeLimit)
        else { throw TaskError.invalid("`base` is not a commit of this repository with tasks: read the task again") }
        return try await Self.item(at: address, in: Self.read(bytes))
    }

    /// Throws the first difference between a task and what somebody saw of it.
    private static func check(
        _ item: TaskItem, isAs seen: TaskItem, _ wish: TaskWish, by who: String, on date: String
    ) throws(TaskError) {
        let wanted = wish.actions(on: seen, by: who, on: date)
        let fields: [TaskAction.Field] = [.state, .owner, .text, .labels, .priority, .due, .link, .note]
        for field in fields where item.value(of: field) != seen.value(of: field) {
            throw .conflict(
                TaskConflict(
                    task: item.address, field: field, base: seen.value(of: field), theirs: item.value(of: field),
                    ours: wanted.first { $0.field == field }?.new ?? seen.value(of: field)))
        }
    }

    /// The address of the task that an earlier try of the same operation has changed.
    private static func address(in file: TaskFile, _ made: MadeCommit, _ wish: TaskWish) throws(TaskError) -> String {
        if let name = wish.task, let item = try? file.item(at: name) { return item.address }
        // Its id is in the subject: it had none before.
        let words = made.subject.prefix { $0 != ":" }.split(separator: " ")
        for word in words { if let item = try? file.item(at: String(word)) { return item.address } }
        throw .unknown(wish.task ?? made.subject)
    }

    /// Brings the index up to date with our own commit.
    private func note(
        _ made: MadeCommit, _ file: TaskFile, _ address: String, _ repository: LocalRepository, _ author: Author
    ) async throws {
        let name = repository.name
        let list = try await self.store.read { ledger in try ledger.taskList(of: name) }
        let base = BaseFile(branch: made.branch, commit: made.id, bytes: file.bytes)
        try await self.index(base, repository, known: list, parsed: file, by: author.person)
        let (audit, notice) = (self.audit, made.notice)
        try await self.store.write { ledger in
            if let session = author.session { try ledger.setThread(session, ofTask: address, in: name) }
            try audit(
                ledger, .commit(notice, session: author.session, turn: author.turn, actor: author.person.id))
        }
    }

    // MARK: Order

    /// Runs `body` after all earlier steps with a repository.
    private func alone<Result: Sendable>(
        _ name: String, _ body: @Sendable (isolated TaskDesk) async throws -> Result
    ) async throws -> Result {
        let turns = self.turns(of: name)
        try await turns.enter()
        // The next step waits for the end of this one even if its caller is cancelled.
        defer { turns.leave() }
        try Task.checkCancellation()
        return try await body(self)
    }

    /// Runs `body` after all earlier steps with a repository; nil if these take longer than `patience`.
    private func alone<Result: Sendable>(
        _ name: String, within patience: Duration, _ body: @Sendable (isolated TaskDesk) async throws -> Result
    ) async throws -> Result? {
        let turns = self.turns(of: name)
        let isEntered = Protected(false)
        _ = try? await withDeadline(patience) { () async throws(any Error) -> Void in
            try await turns.enter()
            // Perhaps just after the time was over.
            isEntered.withLock { $0 = true }
        }
        guard isEntered.withLock({ $0 }) else {
            try Task.checkCancellation()
            return nil
        }
        defer { turns.leave() }
        try Task.checkCancellation()
        return try await body(self)
    }

    private func turns(of name: String) -> GitTurns {
        let turns = self.turns[name] ?? GitTurns(1)
        self.turns[name] = turns
        return turns
    }
}

extension TaskFile {
    /// With a new task for each text, and what else is wanted of it. Returns the first one's address.
    fileprivate func adding(_ wish: TaskWish) throws(TaskError) -> (file: TaskFile, address: String, title: String) {
        guard case .text? = wish.changes.first else { throw .invalid("a task needs a text") }
        var tasks: [(text: String, links: [TaskLink])] = []
        var others: [(task: Int, change: TaskWish.Change)] = []
        for change in wish.changes {
            switch change {
            case .text(let text): tasks.append((text, []))
            case .link(let text, let url): tasks[tasks.count - 1].links.append(TaskLink(text: text, url: url))
            default: others.append((tasks.count - 1, change))
            }
        }
        let added = try self.adding(tasks)
        var file = added.file
        for (task, change) in others {
            let address = added.addresses[task]
            for action in TaskWish(address, [change]).actions(on: try file.item(at: address), by: "", on: "") {
                let current = TaskFile.Key(try file.item(at: address))
                file = try file.applying(TaskAction(current, action.field, from: nil, to: action.new)).file
            }
        }
        return (file, added.addresses[0], added.title)
    }
}
