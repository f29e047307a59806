import Testing

@testable import Sandbox

@Suite("Init's control protocol")
struct InitFrameTests {
    @Test("requests have the layout of init.h")
    func requests() {
        let tree = SandboxTree(kind: .lasting, directory: "/w", text: "é", script: [255], environment: ["A=1", "B="])
        let payload: [UInt8] = [2] + Array("/w\0é\0".utf8) + [255, 0] + Array("A=1\0B=\0".utf8)
        #expect(InitFrame.start(tree, id: 258) == [UInt8(5 + payload.count), 0, 0, 0, 1, 2, 1, 0, 0] + payload)
        #expect(InitFrame.kill(7) == [5, 0, 0, 0, 2, 7, 0, 0, 0])
    }

    @Test("messages are read one by one, and an incomplete one waits")
    func messages() throws {
        let bytes: [UInt8] =
            [5, 0, 0, 0, 65, 1, 0, 0, 0] + [10, 0, 0, 0, 66, 2, 0, 0, 0, 1, 2, 0, 0, 0]
            + [10, 0, 0, 0, 67, 2, 0, 0, 0, 1, 9, 0, 0, 0] + [5, 0, 0, 0, 68, 2, 0, 0, 0]
            + [7, 0, 0, 0, 69, 0, 0, 0, 0, 0x68, 0x69]
        let expected: [InitFrame.Message] = [
            .hello(version: 1), .tree(2, .failed(.directory, code: 2)), .tree(2, .ended(.killed(9))), .tree(2, .gone),
            .lost("hi"),
        ]
        for size in [1, 2, 7, bytes.count] {
            var buffer: [UInt8] = []
            var messages: [InitFrame.Message] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                buffer += bytes[start..<min(start + size, bytes.count)]
                while let message = try InitFrame.next(&buffer) { messages.append(message) }
            }
            #expect(messages == expected)
            #expect(buffer.isEmpty)
        }
    }

    @Test(
        "malformed frames are errors",
        arguments: [
            [4, 0, 0, 0, 65], [255, 255, 255, 255], [5, 0, 0, 0, 99, 0, 0, 0, 0], [6, 0, 0, 0, 67, 0, 0, 0, 0, 0],
            [10, 0, 0, 0, 67, 0, 0, 0, 0, 9, 0, 0, 0, 0], [10, 0, 0, 0, 66, 0, 0, 0, 0, 7, 0, 0, 0, 0],
        ] as [[UInt8]])
    func malformed(_ bytes: [UInt8]) {
        var buffer = bytes
        #expect(throws: SandboxError.self) { try InitFrame.next(&buffer) }
    }

    @Test("the embedded program is a complete ELF file")
    func program() throws {
        let bytes = try #require(JailPrograms.launcherProgram())
        #expect(bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]))
    }
}
