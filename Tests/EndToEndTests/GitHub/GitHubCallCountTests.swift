import TestSupport
import Testing

/// What the program's work costs at GitHub, counted by the stand-in with GitHub's limits.
@Suite("Calls of GitHub", .timeLimit(.minutes(5)))
struct GitHubCallCountTests {
    @Test("a stage makes one call at most: the commit of its documents", arguments: [true, false])
    func stages(isCold: Bool) async throws {
        let shop = try await GitHubShop.started()
        let costs = try await shop.costs(isCold: isCold)
        // The first stage pushes a new branch; `analyze` commits nothing; the others commit once.
        let list = costs.map { "\($0.command.prefix(10)): \($0.calls)" }
        #expect(costs.allSatisfy { $0.calls <= 1 }, "\(list)")
        expectEqual(costs.first?.calls, 0, "\(list)")
        expectEqual(costs.first { $0.command == "/plan" }?.calls, 1, "\(list)")
        expectEqual(costs.first { $0.command == "/analyze" }?.calls, 0, "\(list)")
        await shop.stop()
    }

    @Test("threads that work at once meet no limit")
    func crowd() async throws {
        let shop = try await GitHubShop.started()
        let crowd = try await shop.crowd(6, within: .seconds(120))
        #expect(crowd.refusals == 0 && crowd.failed.isEmpty, "\(crowd)")
        expectEqual(crowd.commits, 12)
        expectEqual(crowd.calls, 6)
        await shop.stop()
    }
}
