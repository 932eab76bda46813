use locum_store::{UserRef, csv};

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "user\nada\nbob\n",
        "user,home,weight,class\nada,a,1,0\nbob,,4294967295,7\n\"car\"\"ol\",b,0,0\n",
        "class,user\r\n3, dave \r\n4,eve\r\n",
        "user,home\nada,a\nada,b\n,c\nx y,d\n",
    ];
    texts.map(|text| text.as_bytes().to_vec()).into()
}

pub(super) fn attempt(bytes: &[u8]) -> String {
    match csv::parse(bytes) {
        Ok(users) => {
            let rows = users.iter().map(|user| UserRef {
                id: 0,
                name: &user.name,
                home: user.home.as_deref(),
                weight: user.weight,
                class: user.class,
            });
            let mut text = Vec::new();
            csv::write(&mut text, rows).expect("memory takes what is written");
            assert_eq!(csv::parse(&text[..]).as_ref(), Ok(&users), "they are not read as they were written");
            format!("read {}", if users.is_empty() { "none" } else { "some" })
        }
        Err(faults) => {
            assert!(faults.count >= faults.shown.len() && !faults.shown.is_empty(), "{faults}");
            let lines = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64 + 1;
            assert!(
                faults.shown.iter().all(|fault| fault.line <= lines),
                "a fault has a line that is not there: {faults}"
            );
            faults.shown[0].to_string()
        }
    }
}
