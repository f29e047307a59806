import JSON
import Kit
import TestSupport
import Testing

@testable import Matrix

@Suite("Matrix verification: timers", .timeLimit(.minutes(1)))
struct MatrixVerificationTimerTests {
    /// The timers that were begun since the last call.
    private static func timers(of device: KeyDevice) async -> [MatrixErrand] {
        let last = MatrixErrand.request(room: "", session: "", user: "")
        await device.encryption.begin(last)
        var timers: [MatrixErrand] = []
        for await errand in await device.encryption.errands.stream {
            if errand == last { break }
            if case .expireVerifications = errand { timers.append(errand) }
        }
        return timers
    }

    @Test("however many events come, one timer waits for what is due next")
    func oneTimer() async throws {
        let server = KeyServer()
        let alice = try await KeyDevice("@a:s", "D1", on: server)
        try await alice.open()
        let bot = try await KeyDevice("@bot:s", "D1", on: server)
        try await bot.open()
        await bot.encryption.prepareVerification()
        let request = try #require(
            MatrixSyncKeys.Message([
                "type": "m.key.verification.request", "sender": "@a:s",
                "content": [
                    "from_device": "D1", "methods": ["m.sas.v1"], "transaction_id": "t",
                    "timestamp": .integer(AdapterTime.now.wall),
                ],
            ]))
        await bot.encryption.verify(request)
        await expectEqual(Self.timers(of: bot).count, 1)
        let later = try #require(
            MatrixSyncKeys.Message([
                "type": "m.key.verification.later", "sender": "@a:s", "content": ["transaction_id": "t"],
            ]))
        for _ in 0..<10 {
            try await Task.sleep(for: .milliseconds(2))
            await bot.encryption.verify(later)
        }
        await expectEqual(Self.timers(of: bot).count, 0)
        // One whose place was taken does not begin another.
        await bot.encryption.run(.expireVerifications(at: 0))
        await expectEqual(Self.timers(of: bot).count, 0)
    }
}
