import Chat
import Git
import Logging
import Primitives
import Repositories
import Store
import TestSupport
import Testing

@testable import Tasks

/// Follows a folder, and does not answer what is held.
private final class HoldingUpstream: Upstream {
    enum Request { case fetch, publication }

    private let remote: RemoteUpstream
    let held = Protected<Request?>(nil)
    private let count = Protected(0)

    init(_ path: String) {
        self.remote = RemoteUpstream(name: "far") { _ in GitRemote(url: try GitRemoteURL(path)) }
    }

    var waits: Int { self.count.withLock { $0 } }

    private func wait(for request: Request) async throws {
        guard self.held.withLock({ $0 }) == request else { return }
        self.count.withLock { $0 += 1 }
        try await Task.sleep(for: .seconds(3_600))
    }

    func fetch(into mirror: GitRepository) async throws {
        try await self.wait(for: .fetch)
        try await self.remote.fetch(into: mirror)
    }

    func publish(_ publication: Publication, from mirror: GitRepository) async throws -> GitObjectID {
        try await self.wait(for: .publication)
        return try await self.remote.publish(publication, from: mirror)
    }
}

@Suite("Lists of tasks on a server that does not answer", .timeLimit(.minutes(1)))
struct SilentServerTests {
    @Test("a server that does not answer holds up neither other repositories, nor reading, nor whoever stops waiting")
    func silentServer() async throws {
        let office = try await Office()
        let server = HoldingUpstream(office.directory.path + "/notes")
        let catalog = RepositoryCatalog(
            [
                RepositorySetting(
                    name: "far", place: .mirror(path: office.directory.path + "/mirror"), branch: "main"),
                RepositorySetting(
                    name: "notes", place: .local(path: office.directory.path + "/colleague"), branch: "main"),
            ],
            upstreams: ["far": server], now: { 1_700_000_000 }, logger: Logger(label: "test"))
        await catalog.prepare()
        let desk = TaskDesk(
            store: office.store, repositories: catalog, pages: RepositoryPages(viewer: "http://host"),
            now: { 1_700_000_000_000 })
        try await desk.refresh("far")
        server.held.withLock { $0 = .fetch }
        let watch = TaskWatch(desk: desk, pause: .milliseconds(10))
        watch.hurry("far")
        let running = Task { try await watch.run() }
        try await eventually("the server was asked, and the other list is in the index") {
            guard server.waits == 1 else { return false }
            return try await office.store.read { ledger in try ledger.task("T1", in: "notes") } != nil
        }
        try office.colleague.shell("echo '- [ ] T8 Eight' >> docs/TASKS.md && git commit -qam eight")
        try await eventually("a later change of the other list is in the index") {
            try await office.store.read { ledger in try ledger.task("T8", in: "notes") } != nil
        }
        await watch.stop()
        try await running.value

        server.held.withLock { $0 = .publication }
        let change = Task {
            try await desk.change(TaskWish(nil, [.text("New")]), in: "far", by: .init(Office.alice, turn: "t"))
        }
        try await eventually("the server has the commit") { server.waits == 2 }
        _ = await withDeadline(.milliseconds(20)) { try? await desk.refresh("far") }
        expectEqual(server.waits, 2)
        try await expectEqual(desk.task("T1", in: "far").id, "T1")
        let all = try await desk.list(TaskFilter(), in: nil, limit: 9).items
        expectEqual(Set(all.map(\.repository)), ["far", "notes"])
        change.cancel()
        _ = await change.result
    }
}
