internal import Chat
internal import Lifecycle

/// Runs an adapter as a service.
struct AdapterService: Service {
    let adapter: any ChatAdapter
    let sink: any MessageSink

    var name: String { "adapter \(self.adapter.id)" }

    func run() async throws { try await self.adapter.run(delivering: self.sink) }

    func stop() async { await self.adapter.stop() }
}
