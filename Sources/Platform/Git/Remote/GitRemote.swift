internal import CGit2
internal import Glibc
internal import HTTP
internal import Primitives

/// A server's repository.
///
/// Transfers block, for minutes with a large repository, and run on separate threads. Cancelling a task ends its
/// transfer. The address and the credentials are never written to a repository.
package struct GitRemote: Sendable {
    package let url: GitRemoteURL
    private let access: GitRemoteAccess
    private let http: any GitHTTP
    private let period: Duration

    /// - Parameters:
    ///   - http: Sends the requests if the server is reached over HTTP.
    ///   - period: The time in which a transfer has to move forward; see ``GitTransfer/watch(pause:)``.
    package init(
        url: GitRemoteURL, access: GitRemoteAccess = .none, http: (any GitHTTP)? = nil,
        period: Duration = .seconds(300)
    ) {
        self.url = url
        self.access = access
        self.http = http ?? GitHTTPClient()
        self.period = period
    }

    /// The server's branches.
    ///
    /// Throws a ``GitError`` (`unreachable`, `unauthorised`, `forbidden`, `notFound`) or `CancellationError`.
    package func list() async throws -> GitServerBranches {
        let references = try await self.run { transfer in
            try unsafe Self.withRemote(transfer, nil, GIT_DIRECTION_FETCH) { remote in
                try unsafe Self.references(remote, transfer)
            }
        }
        return GitServerBranches(defaultBranch: references.defaultBranch, branches: references.branches)
    }

    /// Makes the branches of a mirror what the server has, and its HEAD the server's default branch. Branches with
    /// names that ``GitName/checkBranch(_:)`` refuses are left out. Other references stay unchanged, except the
    /// requested ones. Takes one request if nothing has changed.
    ///
    /// Two fetches into one mirror run one after the other. The mirror's references change only after everything has
    /// arrived. Throws the errors of ``list()``, and a `GitError` for a problem with the mirror, or with
    /// objects that need more memory than ``GitFetchMemory`` allows.
    ///
    /// - Parameters:
    ///   - only: Fetches only these branches; nil for all.
    ///   - except: Branches to leave unchanged.
    ///   - references: Further references of the server to fetch.
    ///   - progress: Called at most every half second, on the transfer's thread; must return quickly.
    package func fetch(
        into repository: GitRepository, only: Set<String>? = nil, except: Set<String> = [],
        references: [GitFetchedReference] = [],
        progress: (@Sendable (GitProgress) -> Void)? = nil
    ) async throws -> GitFetched {
        for reference in references where !reference.target.hasPrefix(GitRepository.privatePrefix) {
            throw GitError(.invalidName, "\(GitName.printable(reference.target)) is not a private reference")
        }
        return try await GitNetwork.alone(at: repository.path) {
            try await repository.removeLeftovers()
            let (plan, defaultBranch, bytes) = try await self.run(progress: progress) { transfer in
                try GitFetchMemory.limit(transfer, at: repository.path) {
                    try unsafe Self.withRemote(transfer, repository.path, GIT_DIRECTION_FETCH) { remote in
                        let server = try unsafe Self.references(remote, transfer)
                        let local = try GitRepository.references(at: repository.path)
                        let plan = try GitFetchPlan(
                            server: server, local: local.ids, localHead: local.headTarget, only: only,
                            except: except, references: references)
                        try unsafe Self.download(plan.refspecs, remote, transfer)
                        return (plan, server.defaultBranch, transfer.receivedBytes)
                    }
                }
            }
            try await repository.apply(plan)
            return GitFetched(changes: plan.result, defaultBranch: defaultBranch, receivedBytes: bytes)
        }
    }

    /// Moves the server's branch to the commit at a reference of `repository`, and the mirror's branch with it. Never
    /// forced.
    ///
    /// Throws a ``GitError``, besides those of ``list()``: `conflict` if the branch is not at `expected`, before
    /// anything is sent, or moves while it is sent; `exists` if it should not exist and does; `rejected` with the
    /// server's reason if its rules forbid the push. Repeating a push that already succeeded succeeds.
    ///
    /// - Parameters:
    ///   - source: A reference in full, such as `refs/jetbridge/outgoing/KEY`.
    ///   - expected: The commit at which the server's branch must be; nil if it must not exist.
    package func push(
        _ source: String, to branch: String, expecting expected: GitObjectID?, from repository: GitRepository,
        progress: (@Sendable (GitProgress) -> Void)? = nil
    ) async throws {
        try GitName.checkBranch(branch)
        let new = try await repository.commitID(at: source)
        let push = GitPushExpectation(branch: branch, expected: expected, new: new)
        try await self.run(push: push, progress: progress) { transfer in
            do {
                try unsafe Self.withRemote(transfer, repository.path, GIT_DIRECTION_PUSH) { remote in
                    let server = try unsafe Self.references(remote, transfer)
                    try Self.check(new, without: server, in: repository.path)
                    try unsafe Self.upload("\(source):refs/heads/\(branch)", remote, transfer)
                }
            } catch is GitPushExpectation.AlreadyThere {}
        }
        // Waits for a running fetch, which may have seen the branch's old commit.
        try await GitNetwork.alone(at: repository.path) {
            try await repository.accepted(branch, from: expected, to: new)
        }
    }

    // MARK: Running

    private func run<Result: Sendable>(
        push: GitPushExpectation? = nil, progress: (@Sendable (GitProgress) -> Void)? = nil,
        _ body: @escaping @Sendable (GitTransfer) throws -> Result
    ) async throws -> Result {
        try Task.checkCancellation()
        var session: GitHTTPSession?
        var address = self.url.description
        var relay: GitSSHRelay?
        var period: Duration? = self.period
        var server: String?
        switch self.url.place {
        case .http(let url):
            session = GitHTTPSession(url: url, access: self.access, http: self.http)
            server = url.host
        case .file(let path):
            // No server can hold it up.
            period = nil
            guard case .directory = PathKind(path) else {
                throw GitError(.notFound, "there is no repository at \(GitName.printable(path)): correct the path")
            }
        case .ssh(let user, let host, let port, let path, let isRelative):
            // libgit2 looks up the user's known_hosts file, which is not used here, and fails without HOME.
            guard unsafe getenv("HOME") != nil else {
                throw GitError(.failed, "SSH needs the environment variable HOME: set it to a folder, and start again")
            }
            let opened = try await GitSSHRelay.open(host: host, port: port)
            relay = opened
            server = host
            let near = "\(user)@127.0.0.1:\(opened.port)"
            address = isRelative ? "[\(near)]:\(path)" : "ssh://\(near)\(path)"
        }
        let transfer = GitTransfer(
            GitServer(url: self.url, access: self.access, session: session, address: address), push: push,
            progress: progress)
        defer { relay?.close() }
        return try await withTaskCancellationHandler {
            do {
                return try await GitNetwork.run(with: server) { [relay, period] in
                    try transfer.checkCancellation()
                    // SSH blocks in the kernel until its connection ends.
                    if let relay {
                        transfer.onCancel = { relay.close() }
                        transfer.onConnect = { relay.referencesArrived() }
                    }
                    // Its time begins here: the wait for the thread does not count.
                    let watch = period.map { period in
                        // Unstructured, because the thread can't wait for it.
                        Task { @concurrent in await transfer.watch { try await Task.sleep(for: period) } }
                    }
                    defer { watch?.cancel() }
                    return try body(transfer)
                }
            } catch {
                throw transfer.timeout ?? relay?.failure ?? error
            }
        } onCancel: {
            transfer.cancel()
        }
    }

    /// Connects, calls `body` and ends the connection. On a thread of ``GitNetwork``.
    private static func withRemote<Result>(
        _ transfer: GitTransfer, _ path: String?, _ direction: git_direction, _ body: (OpaquePointer) throws -> Result
    ) throws -> Result {
        var repository: OpaquePointer?
        defer { unsafe git_repository_free(repository) }
        if let path { unsafe repository = try GitLibrary.open(path, "the mirror \(path)") }
        var options = unsafe git_remote_create_options()
        unsafe git_remote_create_options_init(&options, UInt32(GIT_REMOTE_CREATE_OPTIONS_VERSION))
        unsafe options.repository = unsafe repository
        // The user's configuration must not redirect it.
        unsafe options.flags =
            GIT_REMOTE_CREATE_SKIP_INSTEADOF.rawValue | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC.rawValue
        let remote = try unsafe GitLibrary.make("the server's address") {
            unsafe git_remote_create_with_opts($0, transfer.server.address, &options)
        }
        return try withExtendedLifetime(transfer) {
            defer {
                unsafe git_remote_disconnect(remote)
                unsafe git_remote_free(remote)
            }
            var connection = unsafe git_remote_connect_options()
            unsafe git_remote_connect_options_init(&connection, UInt32(GIT_REMOTE_CONNECT_OPTIONS_VERSION))
            unsafe connection.callbacks = transfer.callbacks()
            try transfer.check(unsafe git_remote_connect_ext(remote, direction, &connection))
            transfer.onConnect?()
            return try unsafe body(remote)
        }
    }

    private static func references(_ remote: OpaquePointer, _ transfer: GitTransfer) throws -> GitServerReferences {
        var heads: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>?
        var count = 0
        try transfer.check(unsafe git_remote_ls(&heads, &count, remote))
        guard count <= GitServerReferences.most else {
            throw GitServerReferences.tooMany("\(GitServerReferences.most)")
        }
        var references = GitServerReferences()
        for index in 0..<count {
            guard let head = unsafe heads?[index]?.pointee, let bytes = unsafe head.name else { continue }
            guard let name = unsafe String(validatingCString: bytes) else { continue }
            unsafe references.add(name, GitObjectID(head.oid))
            if name.utf8.elementsEqual("HEAD".utf8), let target = unsafe head.symref_target {
                references.headTarget = unsafe String(validatingCString: target)
            }
        }
        return references
    }

    private static func download(_ refspecs: [String], _ remote: OpaquePointer, _ transfer: GitTransfer) throws {
        guard !refspecs.isEmpty else { return }
        var options = unsafe git_fetch_options()
        unsafe git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION))
        unsafe options.callbacks = transfer.callbacks()
        unsafe options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
        unsafe options.update_fetchhead = 0
        let status = unsafe GitLibrary.withStrings(refspecs.map { Array($0.utf8) }) { strings in
            var strings = unsafe strings
            return unsafe git_remote_download(remote, &strings, &options)
        }
        try transfer.check(status)
        transfer.report(isLast: true) { _ in }
    }

    private static func check(
        _ commit: GitObjectID, without server: GitServerReferences, in path: String
    ) throws(GitError) {
        let store = try GitObjects(path: path)
        let known = Set(server.ids.values).filter {
            let key = ObjectKey($0)
            return store.has(key) && (try? store.header(key).kind) == GIT_OBJECT_COMMIT
        }
        var check = PackCheck(store, of: "the push")
        try check.check([commit], without: Array(known))
    }

    private static func upload(_ refspec: String, _ remote: OpaquePointer, _ transfer: GitTransfer) throws {
        var options = unsafe git_push_options()
        unsafe git_push_options_init(&options, UInt32(GIT_PUSH_OPTIONS_VERSION))
        unsafe options.callbacks = transfer.callbacks()
        unsafe options.pb_parallelism = 1
        let status = unsafe GitLibrary.withStrings([Array(refspec.utf8)]) { strings in
            var strings = unsafe strings
            return unsafe git_remote_upload(remote, &strings, &options)
        }
        if let reason = transfer.pushStatus, !transfer.isCancelled, let push = transfer.push {
            throw GitRefusal.error(branch: push.branch, status: reason, messages: transfer.messages)
        }
        try transfer.check(status)
        transfer.report(isLast: true) { _ in }
    }
}
