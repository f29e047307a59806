package import Chat
internal import Repositories

/// Lets a worker use repositories on servers for the person who asked, and tells the thread what takes long there.
package struct RemoteWorker: TurnWorker {
    let worker: any TurnWorker

    package init(worker: any TurnWorker) { self.worker = worker }

    package func refusal(of text: String) -> String? { self.worker.refusal(of: text) }

    package func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        let work = RemoteWork(person: request.sender.id) { line in try? await thread.report(.notice(line)) }
        return try await RemoteWork.$current.withValue(work) {
            try await self.worker.run(request, in: thread)
        }
    }
}
