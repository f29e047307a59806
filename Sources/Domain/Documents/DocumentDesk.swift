package import Chat
package import Git
internal import Primitives
package import Repositories
internal import Specs
package import Threads

/// Reads and saves the Markdown documents beside a conversation: those of its feature, and those below `docs/`.
///
/// They are read from the feature's branch, and saved there; without a feature, on the repository's own branch. The
/// documents of a repository's only feature are on its branch beside every conversation that has chosen none.
package struct DocumentDesk: Sendable {
    static let folder = "docs"
    /// Of the features' folders.
    private static let root = "specs/"
    /// The most documents of one list.
    package static let listLimit = 500

    let catalog: RepositoryCatalog
    /// Seconds since 1970.
    private let now: @Sendable () -> Int64

    package init(catalog: RepositoryCatalog, now: @escaping @Sendable () -> Int64) {
        self.catalog = catalog
        self.now = now
    }

    /// The documents of a thread. Throws ``RepositoryError``, or ``TurnFailure`` if its feature is gone.
    package func list(_ thread: DocumentThread) async throws -> DocumentList {
        let home = try await self.home(of: thread)
        var homes = [home]
        if thread.feature == nil, let only = try await self.feature(of: thread, for: Self.root, in: home.repository) {
            homes.insert(Home(home.repository, only, folders: [only.folder]), at: 0)
        }
        var list = DocumentList(repository: home.repository.name, branch: home.branch, items: [], isCut: false)
        for home in homes {
            let found = try await home.repository.files(
                in: home.folders, endings: Document.endings, at: home.head, limit: Self.listLimit - list.items.count)
            list.items += found.items.map {
                .init(path: $0.path, size: $0.size, branch: home.branch, head: home.head)
            }
            list.isCut = list.isCut || found.isCut
        }
        return list
    }

    /// A document as its branch has it. Throws as ``list(_:)`` and ``DocumentProblem``.
    package func read(_ path: String, of thread: DocumentThread) async throws -> StoredDocument {
        let home = try await self.home(of: thread, for: path)
        try home.check(path)
        guard let text = try await Self.text(path, at: home.head, in: home.repository) else {
            throw DocumentProblem.missing(path)
        }
        return StoredDocument(
            repository: home.repository.name, branch: home.branch, path: path, text: text, commit: home.head)
    }

    /// Commits an edit as its author's. If the branch has moved on, both changes are merged; nothing that others have
    /// committed is overwritten. Throws as ``list(_:)`` and ``DocumentProblem``.
    package func save(_ edit: DocumentEdit, of thread: DocumentThread) async throws -> DocumentSaving {
        let home = try await self.home(of: thread, for: edit.path)
        try home.check(edit.path)
        return try await self.save(edit, home)
    }

    private func save(_ edit: DocumentEdit, _ home: Home) async throws -> DocumentSaving {
        let repository = home.repository
        guard edit.text.utf8.count <= Document.sizeLimit else {
            throw DocumentProblem.tooLarge(
                "The document \(Document.excess(of: edit.text)). Split it into smaller ones.")
        }
        guard !edit.text.utf8.contains(0) else {
            throw DocumentProblem.invalid("The text contains a zero byte, so it is no Markdown.")
        }
        if let complaint = ConflictMarkers.complaint(about: ConflictMarkers.lines(in: Array(edit.text.utf8))) {
            throw DocumentProblem.invalid(complaint)
        }
        let base = try await self.base(edit, home)
        let known = try await Self.text(edit.path, at: base, in: repository)
        if let known, edit.base == nil {
            if known.utf8.elementsEqual(edit.text.utf8) { return .unchanged(edit.text) }
            return .conflict(
                DocumentVersions(
                    base: nil, theirs: known, ours: edit.text,
                    change: await Self.newestChange(of: edit.path, at: home.head, in: repository)))
        }
        let text = known.map { DocumentLineEnds.restored(in: edit.text, like: $0) } ?? edit.text
        let seconds = self.now()
        let author = try await repository.author(edit.author, seconds: seconds)
        var others: [GitSignature] = []
        for person in edit.coAuthors {
            let other = try await repository.author(person, seconds: seconds)
            // Two identities of one person may have edited it.
            if other != author, !others.contains(other) { others.append(other) }
        }
        let change = DocumentChange(
            branch: home.branch, base: base, documents: [try Self.document(edit.path, text)],
            subject: edit.subject ?? "\(known == nil ? "Add" : "Edit") \(edit.path)", body: edit.body,
            author: author, turn: edit.id, coAuthors: others)
        let outcome = try await RemoteWork.$current.withValue(RemoteWork(person: edit.author.id)) {
            try await repository.write(change, isKept: false)
        }
        switch outcome {
        case .committed(let commit): return .committed(commit.notice, text: text, isMerged: false)
        case .merged(let commit, _):
            let merged = try await Self.text(edit.path, at: commit.id, in: repository) ?? text
            return .committed(commit.notice, text: merged, isMerged: !merged.utf8.elementsEqual(text.utf8))
        case .unchanged:
            return .unchanged(try await Self.text(edit.path, at: home.head, in: repository) ?? text)
        case .conflict(let conflict):
            let file = conflict.files.first { $0.path.utf8.elementsEqual(edit.path.utf8) }
            return .conflict(
                DocumentVersions(
                    base: known, theirs: file?.theirs.map { String(decoding: $0, as: UTF8.self) }, ours: text,
                    head: conflict.theirs,
                    change: await Self.newestChange(of: edit.path, at: conflict.theirs, in: repository)))
        }
    }

    /// For the words of a refusal, which is the same without it.
    private static func newestChange(
        of path: String, at head: GitObjectID, in repository: LocalRepository
    ) async -> GitCommit? {
        try? await repository.history(of: path, from: head, limit: 1).items.first
    }

    // MARK: Live editing

    /// Where a document is edited, and what it is now; without a text, it is new. Throws as ``read(_:of:)``.
    func open(_ path: String, of thread: DocumentThread) async throws -> (place: DocumentPlace, StoredText) {
        let home = try await self.home(of: thread, for: path)
        try home.check(path)
        let place = DocumentPlace(repository: home.repository.name, branch: home.branch, path: path)
        return (
            place, StoredText(commit: home.head, text: try await Self.text(path, at: home.head, in: home.repository))
        )
    }

    /// A mark of the document's branch; nil if only reading it shows where it is.
    func mark(of place: DocumentPlace) -> BranchMark? {
        (try? self.catalog.repository(place.repository))?.git.mark(of: place.branch)
    }

    /// Has the branches read from their server, if there is one. Does not wait for it.
    func refresh(_ place: DocumentPlace) { (try? self.catalog.repository(place.repository))?.refreshBeside() }

    /// What others have committed since `base`, and what becomes of `text` with it. Throws ``RepositoryError``.
    func news(at place: DocumentPlace, since base: String, _ text: String) async throws -> DocumentNews {
        let home = try await self.home(of: place, base: base)
        let (head, repository) = (home.head, home.repository)
        guard head.hex != base else { return .none }
        var known: (commit: GitObjectID, text: String?)?
        do {
            let commit = try await repository.resolve(base)
            known = (commit, try await Self.text(place.path, at: commit, in: repository))
        } catch let error as RepositoryError where error.code == .git(.notFound) {
            // The branch was replaced, and its old commits are gone.
        }
        let theirs = try await Self.text(place.path, at: head, in: repository)
        let old = known?.text
        let ours = old.map { DocumentLineEnds.restored(in: text, like: $0) } ?? text
        func isSame(_ first: String?, _ second: String?) -> Bool {
            guard let first, let second else { return first == nil && second == nil }
            return first.utf8.elementsEqual(second.utf8)
        }
        if known != nil, isSame(theirs, old) { return .moved(head) }
        let versions = DocumentVersions(base: old, theirs: theirs, ours: ours, head: head)
        guard let theirs else { return text.isEmpty && old == nil ? .moved(head) : .conflict(versions) }
        if isSame(theirs, ours) { return .moved(head) }
        if isSame(old, ours) || old == nil && text.isEmpty { return .merged(StoredText(commit: head, text: theirs)) }
        guard let known, old != nil,
            let merged = try await repository.merged(Self.document(place.path, ours), since: known.commit, with: head)
        else { return .conflict(versions) }
        return .merged(StoredText(commit: head, text: String(decoding: merged, as: UTF8.self)))
    }

    /// ``save(_:of:)`` of a document that is edited live.
    func save(_ edit: DocumentEdit, at place: DocumentPlace) async throws -> DocumentSaving {
        try await self.save(edit, self.home(of: place, base: edit.base ?? ""))
    }

    private static func document(_ path: String, _ text: String) throws -> Document {
        do {
            return try Document(named: path, bytes: Array(text.utf8))
        } catch {
            throw DocumentProblem.invalid("\(error.message).")
        }
    }

    /// The commit that the author had read.
    private func base(_ edit: DocumentEdit, _ home: Home) async throws -> GitObjectID {
        guard let name = edit.base else { return home.head }
        guard 7...40 ~= name.utf8.count, GitObjectID.isHexadecimal(name) else {
            throw DocumentProblem.invalid("`base` must be the `commit` that was read with the document.")
        }
        do {
            return try await home.repository.resolve(name)
        } catch let error as RepositoryError where error.code == .git(.notFound) {
            throw DocumentProblem.invalid(
                "The repository has no commit \(name). Read the document again, and send its `commit` as `base`.")
        }
    }

    /// Where a thread's documents are.
    private struct Home {
        let repository: LocalRepository
        /// Where changes go; it need not exist yet.
        let branch: String
        let head: GitObjectID
        let folders: [String]
        /// The feature whose branch it is.
        let feature: String?

        /// - Parameter folders: Of the feature's branch.
        init(_ repository: LocalRepository, _ feature: FeatureHome, folders: [String]) {
            self.repository = repository
            (self.branch, self.head) = (feature.branch, feature.head)
            self.folders = folders
            self.feature = feature.name
        }

        init(_ repository: LocalRepository, branch: String, head: GitObjectID, folders: [String]) {
            self.repository = repository
            (self.branch, self.head) = (branch, head)
            self.folders = folders
            self.feature = nil
        }

        func check(_ path: String) throws(DocumentProblem) {
            guard self.folders.contains(where: { path.utf8.starts(with: "\($0)/".utf8) }) else {
                let places = self.folders.map { "`\($0)/`" }.joined(separator: " or ")
                throw .invalid("A document's path begins with \(places), as in `\(self.folders[0])/notes.md`.")
            }
            do { try GitName.checkPath(path) } catch { throw .invalid("No document can be there: \(error.message).") }
            guard path.utf8.count <= 240 else { throw .invalid("A document's path has at most 240 bytes.") }
            guard VisibleText.line(path) == path else {
                throw .invalid("A document's path may not contain invisible characters.")
            }
            let name = path.split(separator: "/").last ?? ""
            guard
                Document.endings.contains(where: {
                    name.lowercased().hasSuffix($0) && name.utf8.count > $0.utf8.count
                })
            else {
                throw .invalid("Only Markdown can be read and saved here: a path that ends in a name with `.md`.")
            }
        }
    }

    private func home(of thread: DocumentThread, for path: String? = nil) async throws -> Home {
        let repository = try self.catalog.repository(thread.repository)
        if let feature = try await self.feature(of: thread, for: path, in: repository) {
            let folders = thread.feature == nil ? [feature.folder] : [feature.folder, Self.folder]
            return Home(repository, feature, folders: folders)
        }
        let base = try await repository.checkReady()
        return Home(repository, branch: base.name, head: base.id, folders: [Self.folder])
    }

    func head(of place: DocumentPlace) async throws -> (LocalRepository, GitObjectID) {
        let repository = try self.catalog.repository(place.repository)
        return (repository, try await repository.resolve(place.branch))
    }

    /// Of a document that is edited live: it stays on its branch whatever the thread chooses.
    private func home(of place: DocumentPlace, base: String) async throws -> Home {
        let repository = try self.catalog.repository(place.repository)
        // A branch that is gone begins again where the text was begun.
        let tip = try await repository.git.tip(of: place.branch)
        let head = if let tip { tip } else { try await repository.resolve(base) }
        return Home(repository, branch: place.branch, head: head, folders: [])
    }

    /// The one that the thread has chosen. One that has chosen none works on the repository's only feature in that one's own
    /// documents, and not in others: what is written beside an unrelated conversation has nothing to do with it.
    private func feature(
        of thread: DocumentThread, for path: String?, in repository: LocalRepository
    ) async throws -> FeatureHome? {
        if thread.feature == nil {
            guard let path, path.utf8.starts(with: Self.root.utf8) else { return nil }
            _ = try await repository.prepare()
            guard try await repository.featureNames().count == 1 else { return nil }
        }
        return try await FeatureChoice.home(chosen: thread.feature, in: repository)
    }

    // MARK: Addresses

    /// Where a thread edits a document, and as a thread that has chosen just that. Throws as ``read(_:of:)``.
    package func find(_ path: String, of thread: DocumentThread) async throws -> FoundDocument {
        let home = try await self.home(of: thread, for: path)
        try home.check(path)
        let repository = home.repository.name
        return FoundDocument(
            place: DocumentPlace(repository: repository, branch: home.branch, path: path),
            thread: DocumentThread(repository: repository, feature: thread.feature ?? home.feature),
            isOfDefault: repository == self.catalog.defaultName)
    }

    /// The document at an address. A feature's documents change on its own branch, so that the address of one on the
    /// repository's own branch leads there. Throws as ``read(_:of:)``.
    package func find(_ address: DocumentPlace) async throws -> FoundDocument {
        let repository = try self.catalog.repository(address.repository)
        let base = try await repository.checkReady().name
        let isOnBase = base.utf8.elementsEqual(address.branch.utf8)
        let isOfFeature = address.path.utf8.starts(with: Self.root.utf8)
        let folder = isOfFeature ? address.path.split(separator: "/").dropFirst().first : nil
        var names = isOnBase ? [] : [address.branch]
        if let folder { names.append(String(folder)) }
        for name in names {
            guard let home = try await repository.featureHome(name),
                folder.map({ home.name.utf8.elementsEqual($0.utf8) }) != false,
                isOnBase || home.branch.utf8.elementsEqual(address.branch.utf8)
            else { continue }
            return try await self.find(address.path, of: DocumentThread(repository: repository.name, feature: name))
        }
        guard isOnBase else {
            throw DocumentProblem.invalid(
                "Documents can be edited on `\(base)` and on the branches of features. The branch "
                    + "`\(VisibleText.line(address.branch.beginning(bytes: 100)))` is neither: read the document in the "
                    + "viewer, or edit it in a clone.")
        }
        return try await self.find(address.path, of: DocumentThread(repository: repository.name, feature: nil))
    }

    /// Nil where the commit has no such file. Throws ``DocumentProblem`` for one that is no text, too large, or a link.
    static func text(
        _ path: String, at commit: GitObjectID, in repository: LocalRepository
    ) async throws -> String? {
        do {
            let file = try await repository.filePage(path, at: commit.hex, limit: Document.sizeLimit)
            guard !file.isLink else {
                throw DocumentProblem.unreadable("`\(path)` is a symbolic link. Edit the file that it leads to.")
            }
            guard let text = String(validating: file.bytes, as: UTF8.self), !file.bytes.contains(0) else {
                throw DocumentProblem.unreadable("`\(path)` is not UTF-8 text. Edit it in a clone.")
            }
            return text
        } catch let error as RepositoryError where error.code == .git(.notFound) {
            return nil
        } catch let error as RepositoryError where error.code == .git(.tooLarge) {
            throw DocumentProblem.unreadable("`\(path)` is over \(Document.sizeLimit >> 10) KB. Edit it in a clone.")
        }
    }
}

/// The thread beside which documents are edited.
package struct DocumentThread: Sendable {
    /// Nil for the default repository.
    package let repository: String?
    /// The feature that it has chosen.
    package let feature: String?

    package init(repository: String?, feature: String?) {
        self.repository = repository
        self.feature = feature
    }
}

package struct DocumentList: Sendable {
    package struct Item: Sendable {
        package let path: String
        /// In bytes.
        package let size: Int
        package let branch: String
        /// The commit that was read.
        package let head: GitObjectID
    }

    package let repository: String
    /// Where a new document below `docs/` goes.
    package let branch: String
    package var items: [Item]
    package var isCut: Bool
}

/// A document, and with which choices a thread edits it.
package struct FoundDocument: Sendable {
    package let place: DocumentPlace
    /// With a repository.
    package let thread: DocumentThread
    /// Whether the repository is that of threads that have chosen none.
    package let isOfDefault: Bool
}

package struct StoredDocument: Sendable {
    package let repository: String
    package let branch: String
    package let path: String
    package let text: String
    /// The commit that was read, for ``DocumentEdit/base``.
    package let commit: GitObjectID
}

/// A document's new text.
package struct DocumentEdit: Sendable {
    package let path: String
    package let text: String
    /// The commit that its author had read; nil for a new document.
    package let base: String?
    /// The commit's message: its first line is the subject. Nil for one that names the document.
    package let message: String?
    package let author: Sender
    /// For the commit's trailer `Jetbridge-Turn`.
    package let id: String
    /// Who else has written it.
    var coAuthors: [Sender] = []

    package init(path: String, text: String, base: String?, message: String?, author: Sender, id: String) {
        self.path = path
        self.text = text
        self.base = base
        self.message = message
        self.author = author
        self.id = id
    }

    private var lines: [Substring] {
        let lines = (self.message ?? "").split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        return Array(lines.drop { $0.allSatisfy(\.isWhitespace) })
    }

    var subject: String? { self.lines.first.map { String($0.prefix(200)) } }
    var body: String { self.lines.dropFirst().drop { $0.isEmpty }.joined(separator: "\n") }
}

package enum DocumentSaving: Sendable {
    /// `isMerged`: the text includes others' changes.
    case committed(CommitNotice, text: String, isMerged: Bool)
    /// The branch has this text already.
    case unchanged(String)
    /// Others have changed the same lines; nothing was committed.
    case conflict(DocumentVersions)
}

/// The three texts of a conflict; nil where there is no such document.
package struct DocumentVersions: Sendable {
    package let base: String?
    package let theirs: String?
    package let ours: String
    /// The commit of `theirs`.
    package var head: GitObjectID?
    /// The newest commit that changed the document, where that is to be said.
    package var change: GitCommit?
}

/// Why a document cannot be read or saved; each says what to do.
package enum DocumentProblem: Error, Sendable, Hashable {
    /// The request is wrong.
    case invalid(String)
    case tooLarge(String)
    /// The path.
    case missing(String)
    /// It can't be opened now.
    case busy(String)
    /// The document in the repository is no text that can be edited here.
    case unreadable(String)
}

/// A document at a commit; without a text, it does not exist there.
struct StoredText: Sendable {
    let commit: GitObjectID
    let text: String?
}

enum DocumentNews: Sendable {
    case none
    /// The branch has other commits, and the document is the same.
    case moved(GitObjectID)
    /// What others have changed fits together with the text.
    case merged(StoredText)
    case conflict(DocumentVersions)
}
