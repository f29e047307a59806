import Chat
import Database
import Kit
import Primitives
import Store
import TestSupport
import Testing

@testable import Host

@Suite("What follows networks from host to host", .timeLimit(.minutes(1)))
struct SharedMemoryTests {
    @Test("a host that was alone brings its memories along, and the store's count from then on")
    func file() async throws {
        let directory = try TemporaryDirectory()
        try TestFile.makeFolder(directory.path)
        let store = SessionStore(
            database: try TestDatabase.open(path: directory.path + "/store", migrations: StoreSchema.migrations))
        let file = MemoryStore.file(directory.path + "/irc-a.memory")
        #expect(await file.save([1]))
        let shared = NetworkSetup.SharedMemory(store: store, key: Secret("key of the hosts"))
        let memory = shared.memory(of: AdapterID("irc:a"), after: file)
        await expectEqual(memory.load(), [1])
        #expect(await memory.save([2]))
        await expectEqual(shared.memory(of: AdapterID("irc:a"), after: file).load(), [2])
        await expectEqual(file.load(), [1])
    }
}
