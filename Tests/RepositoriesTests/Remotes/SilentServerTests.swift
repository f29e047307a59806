import Git
import Primitives
import TestSupport
import Testing

@testable import Repositories

@Suite("The mirror of a server that does not answer", .timeLimit(.minutes(1)))
struct SilentServerTests {
    private final class SilentUpstream: Upstream {
        private let count = Protected(0)

        var fetches: Int { self.count.withLock { $0 } }

        func fetch(into mirror: GitRepository) async throws {
            self.count.withLock { $0 += 1 }
            try await Task.sleep(for: .seconds(3_600))
        }

        func publish(_ publication: Publication, from mirror: GitRepository) async throws -> GitObjectID {
            throw GitError(.unreachable, "the connection broke off")
        }
    }

    private let directory: TemporaryDirectory
    private let upstream = SilentUpstream()

    init() throws { self.directory = try TemporaryDirectory() }

    private func mirror(patience: Duration = .seconds(300)) -> Mirror {
        Mirror(
            git: GitRepository(path: self.directory.path + "/mirror"), upstream: self.upstream, elapsed: { .zero },
            patience: patience)
    }

    @Test("a step that waits for another one ends when it is cancelled")
    func cancelled() async throws {
        let mirror = self.mirror()
        let first = Task { try await mirror.refresh() }
        try await eventually("the first step asks the server") { self.upstream.fetches == 1 }
        _ = await withDeadline(.milliseconds(20)) { try? await mirror.refresh() }
        expectEqual(self.upstream.fetches, 1)
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        // The next one has its turn.
        let last = Task { try await mirror.refresh() }
        try await eventually("the last step asks the server") { self.upstream.fetches == 2 }
        last.cancel()
        _ = await last.result
    }

    @Test("a fetch that nobody waits for ends")
    func beside() async {
        let mirror = self.mirror(patience: .milliseconds(20))
        await mirror.refreshIfPossible()
        await mirror.refreshIfPossible()
        expectEqual(self.upstream.fetches, 2)
    }

    @Test("the search for commits whose answer was lost ends")
    func search() async throws {
        let commit = try #require(GitObjectID(String(repeating: "1", count: 40)))
        let publication = Publication(
            reference: "outgoing/t", commit: commit, branch: "main", expected: nil, isDocuments: true, turn: "t")
        let mirror = self.mirror(patience: .milliseconds(20))
        await #expect(throws: GitError.self) { try await mirror.publish(publication) }
        expectEqual(self.upstream.fetches, 1)
    }
}
