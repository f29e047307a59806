package import Chat
internal import JSON
internal import Logging
internal import Primitives

extension TelegramAdapter: EditingAdapter, DeletingAdapter, DraftingAdapter, FileAdapter, ReactingAdapter, TypingAdapter
{
    @discardableResult package func post(_ message: OutgoingMessage) async throws -> MessageReference {
        try self.reference(await self.send(.post(message)))
    }

    package func replace(_ reference: MessageReference, with message: OutgoingMessage) async throws {
        _ = try await self.send(.edit(reference, message))
    }

    package func delete(_ reference: MessageReference, in route: Route) async throws {
        _ = try await self.send(.delete(reference))
    }

    package func draft(_ message: OutgoingMessage) async throws {
        _ = try await self.send(.draft(message))
    }

    @discardableResult package func upload(_ file: OutgoingFile) async throws -> MessageReference {
        try self.reference(await self.send(.upload(file)))
    }

    package func download(
        _ attachment: Attachment, to write: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        guard case .file(let path) = try await self.send(.locate(attachment)) else {
            throw AdapterError(.notFound, "Telegram gave no download path for the file. Send it again")
        }
        try await self.transport.fetch(path, to: write)
    }

    package func react(_ emoji: String, isOn: Bool, to reference: MessageReference, isNeeded: Bool) async {
        do {
            _ = try await self.send(.react(emoji, isOn: isOn, reference))
        } catch {
            self.logger.debug("A reaction could not be set", ["error": .string("\(error)")])
        }
    }

    package func setTyping(_ isTyping: Bool, in route: Route) async {
        self.perform(.typing(isTyping, route))
    }

    private func reference(_ outcome: TelegramOperation.Outcome) throws -> MessageReference {
        guard case .message(let reference) = outcome else { throw TelegramOperation.withoutID }
        return reference
    }

    /// Runs one operation to its end.
    private func send(_ kind: TelegramOperation.Kind) async throws -> TelegramOperation.Outcome {
        var operation = TelegramOperation(kind: kind)
        while true {
            switch self.step(&operation) {
            case .done(let outcome): return outcome
            case .failed(let error): throw error
            case .wait(let time): try await Task.sleep(for: .milliseconds(time))
            case .call(let call):
                let answer = try await self.transport.send(call)
                self.change { machine, now in
                    machine.take(answer, for: &operation, at: now)
                    return machine.takeActions()
                }
            }
        }
    }

    private func step(_ operation: inout TelegramOperation) -> TelegramOperation.Step {
        var step = TelegramOperation.Step.wait(0)
        self.change { machine, now in
            step = machine.step(&operation, at: now)
            return machine.takeActions()
        }
        return step
    }
}
