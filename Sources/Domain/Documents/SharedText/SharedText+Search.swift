extension SharedText {
    /// The first and the last unit of a passage's first place in the visible text. Takes time for both lengths once.
    func range(of passage: String) -> (first: TextUpdate.ID, last: TextUpdate.ID)? {
        let wanted = Array(passage.utf16)
        guard let start = Self.place(of: wanted, in: self.visibleUnits),
            let first = self.unit(at: start), let last = self.unit(at: start + wanted.count - 1)
        else { return nil }
        return (first, last)
    }

    /// By the algorithm of Knuth, Morris and Pratt: a passage of one repeated letter must not take the product.
    private static func place(of wanted: [UInt16], in units: [UInt16]) -> Int? {
        guard !wanted.isEmpty, wanted.count <= units.count else { return nil }
        // How much of the beginning is also the end of what was found so far.
        var borders = [0]
        for index in 1..<max(1, wanted.count) {
            var length = borders[index - 1]
            while length > 0, wanted[length] != wanted[index] { length = borders[length - 1] }
            borders.append(wanted[length] == wanted[index] ? length + 1 : 0)
        }
        var found = 0
        for (index, unit) in units.enumerated() {
            while found > 0, wanted[found] != unit { found = borders[found - 1] }
            if wanted[found] == unit { found += 1 }
            if found == wanted.count { return index + 1 - found }
        }
        return nil
    }

    private func unit(at place: Int) -> TextUpdate.ID? {
        var (index, left) = (self.first, Int32(place))
        while index != Self.none {
            let item = self.items[Int(index)]
            if !item.isDeleted {
                if left < item.length {
                    return TextUpdate.ID(client: self.clients[Int(item.client)], clock: item.clock + left)
                }
                left -= item.length
            }
            index = item.next
        }
        return nil
    }
}
