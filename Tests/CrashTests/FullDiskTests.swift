import JSON
import Processes
import TestSupport
import Testing

/// The disk fills up while an answer arrives, with the real program.
@Suite("A full disk", .timeLimit(.minutes(2)))
struct FullDiskTests {
    @Test("Nothing acknowledged is lost, a new message is refused with a reason, with space the answer arrives")
    func full() async throws {
        let answer = (1...40).map { "Paragraph number \($0)." }.joined(separator: "\n\n")
        let model = try await LoopbackModelServer.started(behaviors: ["test": .answer(answer, rate: 30)])
        let disk = try await SmallDisk(megabytes: 8)
        let host = try await HostProcess(configuration: HostConfiguration.web(model), dataPath: disk.path + "/data")
        try await host.start()
        let client = try await host.signIn()
        let thread = try await client.newThread()
        let operation = try await client.send("Before", to: thread)
        let live = try await client.live()
        try await live.subscribe(to: operation)
        _ = try await live.next()

        disk.fill()
        await host.waitForLog("cannot be stored")
        let refusal = await #expect(throws: GatewayClient.Failure.self) {
            try await client.send("Meanwhile", to: thread)
        }
        expectEqual(refusal?.status, 507)
        expectEqual(refusal?.body.contains("disk is full"), true, "\(refusal?.body ?? "")")

        disk.free()
        let ended = try await client.ended(operation, within: .seconds(60))
        expectEqual(ended["state"]?.stringValue, "complete", "\(ended.text)")
        let after = try await client.send("After", to: thread)
        try await expectEqual(client.ended(after)["state"]?.stringValue, "complete")
        let transcript = try await client.transcript(of: thread)
        expectEqual(transcript.map(\.text), ["Before", answer, "After", answer])
        let frames = try await client.frames(of: operation)
        expectEqual(frames.compactMap { $0["sequence"]?.intValue }, Array(1...frames.count))
        await expectEqual(host.terminate(), .exited(0))
        await live.close()
        await disk.remove()
        await model.stop()
    }
}
