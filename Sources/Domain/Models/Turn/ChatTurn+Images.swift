internal import Chat

extension ChatTurn {
    /// The request with the images that the model gets, read from the thread, and with notes for all others.
    ///
    /// - Parameter share: of the model's input limit the prompt takes one part in so many, and images half of that.
    func withImages(
        _ request: TurnRequest, model: String, share: Int = 1, in thread: any TurnThread
    ) async throws -> (request: TurnRequest, images: [SentImage: ModelImage]) {
        guard request.hasImages else { return (request, [:]) }
        // Only the list says what the model takes. Without it the images become notes.
        _ = try? await self.catalog.models()
        try Task.checkCancellation()
        let limits = self.catalog.assumed(model).images
        let builder = self.builder(for: model)
        let room = Int(Double(builder.budget / share / 2) / builder.factor)
        var read: [SentImage: ModelImage] = [:]
        var missing: Set<SentImage> = []
        while true {
            let chosen = ImageChoice.applied(to: request, limits: limits, room: room, without: missing)
            let unread = chosen.sentImages.filter { read[$0] == nil }
            if unread.isEmpty { return (chosen, read) }
            for image in unread {
                do {
                    let bytes = try await thread.bytes(of: image)
                    read[image] = ModelImage(image, bytes: bytes)
                } catch is CancellationError {
                    throw CancellationError()
                } catch {
                    // Files are kept for a limited time only.
                    missing.insert(image)
                }
            }
        }
    }
}

extension TurnRequest {
    fileprivate var hasImages: Bool { !self.images.isEmpty || self.history.contains { !$0.images.isEmpty } }

    fileprivate var sentImages: [SentImage] { self.history.flatMap(\.images) + self.images }
}
