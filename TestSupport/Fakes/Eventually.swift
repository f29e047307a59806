/// A wait that ended before its condition was met.
package struct WaitFailure: Error, CustomStringConvertible {
    package let description: String
}

/// Returns once `isMet` holds; throws what it waited for after `limit`, and when its task is cancelled. A test's time limit
/// only cancels: a loop that doesn't look at that would hold up the whole run.
package func eventually(
    _ what: String, within limit: Duration = .seconds(30), _ isMet: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    var rounds = 0
    while try await !isMet() {
        guard !Task.isCancelled else { throw WaitFailure(description: "cancelled while waiting until \(what)") }
        guard ContinuousClock.now < deadline else {
            throw WaitFailure(description: "waited \(limit) in vain until \(what)")
        }
        rounds += 1
        // Most waits are for a few steps of other tasks.
        if rounds < 100 { await Task.yield() } else { try? await Task.sleep(for: .milliseconds(1)) }
    }
}
