extension String {
    /// Without the ASCII characters in `marks`, also where a mark is combined with what follows it, and without their
    /// full-width forms, which look alike.
    package func without(_ marks: String) -> String {
        let values = Set(marks.unicodeScalars.map(\.value))
        var result = ""
        result.unicodeScalars.append(
            contentsOf: self.unicodeScalars.filter { scalar in
                let isWide = (0xFF01...0xFF5E).contains(scalar.value)
                return !values.contains(isWide ? scalar.value - 0xFEE0 : scalar.value)
            })
        return result
    }
}
