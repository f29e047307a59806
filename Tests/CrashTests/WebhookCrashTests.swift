import HTTPServer
import JSON
import Primitives
import Processes
import Store
import TestSupport
import Testing

/// Kills the real program between a webhook's steps and restarts it.
@Suite("A crash while a webhook is sent", .serialized, .timeLimit(.minutes(2)))
struct WebhookCrashTests {
    private static let secret = "the receiver's own secret"

    @Test(
        "each change is delivered, and under one id, however often it is sent",
        arguments: [FaultPoint.webhookStored, .webhookSent])
    func crash(at point: FaultPoint) async throws {
        let receiver = try await HookReceiver.started(secret: Self.secret)
        let host = try await HostProcess(
            configuration: """
                gateway: {listen: "127.0.0.1:0"}
                model: {provider: rehearsal}
                hooks:
                  - {name: ci, url: "\(receiver.url)", secret: {env: HOOK_SECRET}, events: [thread], allow_private: true}

                """)
        let environment = ["HOOK_SECRET": Self.secret]
        // The hook hears of what follows its first start.
        try await host.start(environment: environment)
        let client = try await host.signIn()
        let first = try await client.newThread()
        await receiver.wait { $0.contains { $0.data["id"] == .string(first) } }
        await expectEqual(host.terminate(), .exited(0))

        try await host.start(fault: point.rawValue, environment: environment)
        let thread = try? await client.moved(to: try #require(host.address)).newThread()
        try await host.waitForEnd()
        let sent = receiver.all.filter { $0.data["id"] != .string(first) }
        expectEqual(sent.count, point == .webhookSent ? 1 : 0)

        try await host.start(environment: environment)
        await receiver.wait { $0.count == 2 + sent.count }
        await expectEqual(host.terminate(), .exited(0))
        let all = receiver.all.filter { $0.data["id"] != .string(first) }
        #expect(all.count == 1 + sent.count && Set(all.map(\.id)).count == 1)
        #expect(receiver.all.allSatisfy { $0.isSigned })
        // Its answer may have been lost with the program.
        if let thread { #expect(all.allSatisfy { $0.data["id"] == .string(thread) }) }
        await receiver.stop()
    }
}
