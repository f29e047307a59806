internal import CGitMemory
internal import Primitives

/// Limits the memory that the objects of a Git server may take.
///
/// A pack of some kilobytes can hold a file of gigabytes and a change to it. The library makes the changed file in memory,
/// from all of the first one.
enum GitFetchMemory {
    /// Bytes for all fetches together, beyond a basic amount of each. A changed file takes about twice its size.
    static let shared = 1 << 30
    /// Bytes that the library may leak with the packs for one mirror. Packs that Git makes leak nothing.
    private static let mostLeaked = 64 << 20
    /// By the paths of mirrors.
    private static let leaked = Protected<[String: Int]>([:])

    /// Runs `body`, a fetch into the mirror at `path`, on this thread.
    static func limit<Value>(_ transfer: GitTransfer, at path: String, _ body: () throws -> Value) throws -> Value {
        // The library makes such a pack itself, on several threads.
        if case .file = transfer.server.url.place { return try body() }
        let place = GitName.printable(transfer.server.url.shown)
        guard self.leaked.withLock({ $0[path] ?? 0 }) < self.mostLeaked else {
            throw GitError(
                .failed,
                "\(place) is not fetched again before a restart, because reading its damaged objects leaked "
                    + "memory: run `git fsck` in the server's repository, and restart jetbridge when it finds nothing")
        }
        unsafe git_memory_enter(
            { context in
                guard let context = unsafe context else { return false }
                return unsafe Unmanaged<GitTransfer>.fromOpaque(context).takeUnretainedValue().isCancelled
            }, Unmanaged.passUnretained(transfer).toOpaque())
        let result: Result<Value, any Error> = Result { try body() }
        let use = git_memory_leave()
        // A connection that broke says nothing about the objects, nor does a full disk.
        if case .failure(let error) = result, transfer.isReceived, (error as? GitError)?.code != .diskFull {
            self.leaked.withLock { $0[path] = ($0[path] ?? 0) + use.kept }
        }
        // What the library found while it lacked memory may be incomplete.
        guard use.was_refused else { return try result.get() }
        guard !transfer.isCancelled else { throw CancellationError() }
        // Not `tooLarge`, which says something about the file that somebody asks for.
        throw GitError(
            .failed,
            "\(place) can't be fetched because it needs more than \(self.shared >> 20) MB of memory, which happens when "
                + "a file of over 500 MB is sent as a change to another: set `core.bigFileThreshold` to `100m` in the "
                + "server's repository and run `git repack -adF` there, or try again when no other large fetch runs")
    }
}
