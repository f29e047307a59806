internal import Crypto

extension ObjectStore {
    /// Tries everything that the program does with objects, on one of its own, which is gone afterwards. Throws
    /// ``ObjectStoreError`` with the remedy.
    package func probe() async throws {
        let (folder, bytes) = ("probe/", Array("Jetbridge can use this.\n".utf8))
        let key = folder + hex(randomBytes(8))
        let copy = key + "-copy"
        do {
            try await self.put(ObjectContent(bytes), at: key)
            try await self.expect("read back", self.get(key)?.collect(upTo: 1_024) == bytes)
            try await self.expect("read in part", self.get(key, range: 2..<6)?.collect(upTo: 9) == Array(bytes[2..<6]))
            try await self.expect("measured", self.facts(of: key)?.size == bytes.count)
            try await self.expect("kept from being replaced", !self.put(ObjectContent([]), at: key, ifAbsent: true))
            try await self.expect("copied", self.copy(key, to: copy))
            var found: [String] = []
            for try await object in self.objects(below: key) { found.append(object.key) }
            try await self.expect("listed", found == [key, copy])
            for key in [key, copy] {
                try await self.delete(key)
                try await self.expect("deleted", self.facts(of: key) == nil)
            }
        } catch {
            // What a check that failed leaves is a few bytes.
            for key in [key, copy] { try? await self.delete(key) }
            throw error
        }
    }

    private func expect(_ what: String, _ isRight: Bool) async throws {
        guard !isRight else { return }
        throw ObjectStoreError(
            .refused, "an object in \(self.name) could not be \(what): the store lacks a function that Jetbridge needs")
    }
}
