internal import TestSupport

/// The calls of GitHub's API that the program's stages make, and two hundred threads that work at once, against the
/// stand-in with GitHub's limits in real time.
struct GitHubCallsBenchmark {
    private let threads: Int
    /// What a stage may cost: with nothing cached, and warm.
    private static let goals = (cold: 4.0, warm: 2.0)

    init(_ arguments: BenchArguments) {
        self.threads = arguments.number("threads", default: 200)
    }

    func run() async throws {
        try await self.measureStages(isCold: true, "calls a stage, nothing cached", goal: Self.goals.cold)
        try await self.measureStages(isCold: false, "calls a stage, warm", goal: Self.goals.warm)
        let shop = try await GitHubShop.started("limits: {turns: 1000, turns_per_person: 1000}")
        let crowd = try await shop.crowd(self.threads, within: .seconds(1_800))
        await shop.stop()
        for failure in crowd.failed.prefix(3) { BenchOutput.tell(failure) }
        guard crowd.failed.isEmpty, crowd.commits == 2 * self.threads else {
            throw BenchFailure("\(crowd.failed.count) operations failed; \(crowd.commits) commits")
        }
        BenchOutput.tell(
            "\(self.threads) threads: \(crowd.commits) commits and \(crowd.calls) calls in \(Int(crowd.seconds)) s, "
                + "at most \(crowd.peak) at the same time")
        let name = "\(self.threads) threads at once"
        BenchOutput.result("github", "\(name): refusals (403, 429)", ours: Double(crowd.refusals), unit: "refusals")
        BenchOutput.result("github", "\(name): calls", ours: Double(crowd.calls), unit: "calls")
        BenchOutput.result("github", "\(name): specified and planned", ours: crowd.seconds, unit: "s")
    }

    private func measureStages(isCold: Bool, _ metric: String, goal: Double) async throws {
        let shop = try await GitHubShop.started()
        let costs = try await shop.costs(isCold: isCold)
        await shop.stop()
        for cost in costs {
            BenchOutput.tell("\(cost.command.prefix(16)): \(cost.calls) calls, \(cost.confirmed) of them 304")
        }
        BenchOutput.result(
            "github", metric, ours: Double(costs.map(\.calls).max() ?? 0), peer: goal, peerName: "the goal",
            unit: "calls")
    }
}
