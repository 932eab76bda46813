//! CSV in and out.

use locum_store::{
    Directory, DirectoryChange, NewUser,
    csv::{CsvFaults, FAULTS_SHOWN, parse, write},
};

fn faults(text: impl AsRef<[u8]>) -> CsvFaults {
    parse(text.as_ref()).unwrap_err()
}

#[test]
fn columns_come_in_any_order_and_have_defaults() {
    let users = parse("\u{feff}class,user, home\n3,ada,alpha\n,bob,\n".as_bytes()).unwrap();
    let ada = NewUser { home: Some("alpha".into()), class: 3, ..NewUser::new("ada") };
    assert_eq!(users, [ada, NewUser::new("bob")]);
    assert_eq!(parse("user\r\nada\r\nbob".as_bytes()).unwrap(), [NewUser::new("ada"), NewUser::new("bob")]);
    assert_eq!(parse("user\n".as_bytes()).unwrap(), []);
}

#[test]
fn a_duplicate_on_line_7000_names_the_first_line_too() {
    let mut text = String::from("user,home\n");
    for line in 2..=10_000 {
        let name = if line == 7_000 { 42 } else { line };
        text.push_str(&format!("user-{name},\n"));
    }
    let faults = faults(text);
    assert_eq!(faults.count, 1);
    assert_eq!(faults.shown[0].to_string(), "line 7000: user: \"user-42\" is on line 42 already; name each user once");
    assert!(faults.to_string().ends_with("\n1 fault; nothing was imported"), "{faults}");
}

#[test]
fn every_fault_of_a_file_is_told() {
    let faults = faults(b"user,home,weight\nada,alpha,heavy\nb b,no de,-1\nshort\nada,,\n\xff,,\ncarl,,4294967296\n");
    let told: Vec<(u64, &str)> = faults.shown.iter().map(|fault| (fault.line, fault.key.as_str())).collect();
    assert_eq!(
        told,
        [(2, "weight"), (3, "user"), (3, "home"), (3, "weight"), (4, "line"), (6, "user"), (7, "weight")],
        "{faults}"
    );
    assert!(faults.shown[0].problem.contains("\"heavy\" is not a number from 0 to 4294967295"), "{faults}");
    assert!(faults.shown[4].problem.contains("1 fields under 3 columns"), "{faults}");
}

#[test]
fn a_bad_header_is_told_before_any_line() {
    let faults = faults("name,home,home\nada,,\n");
    let text = faults.to_string();
    assert!(
        text.contains("line 1: header: `name` is not a column; the columns are user, home, weight, class"),
        "{text}"
    );
    assert!(text.contains("`home` is there twice"), "{text}");
    assert!(text.contains("there is no column `user`"), "{text}");
    assert_eq!(faults.count, 3);
    assert_eq!(self::faults("").count, 1);
}

#[test]
fn no_more_than_fifty_faults_are_shown() {
    let faults = faults(format!("user\n{}", "a b\n".repeat(60)));
    assert_eq!((faults.shown.len(), faults.count), (FAULTS_SHOWN, 60));
    assert!(faults.to_string().contains("\nand 10 more\n60 faults;"), "{faults}");
}

#[test]
fn what_is_written_reads_the_same() {
    let users = [
        NewUser { home: Some("beta".into()), weight: 7, class: 1, ..NewUser::new("mona") },
        NewUser::new("a\"quoted\""),
        NewUser::new("zoë@example.org"),
    ];
    let empty = Directory::empty(0);
    let directory = empty.with(&DirectoryChange::importing(&empty, users.clone())).unwrap();
    let mut text = Vec::new();
    write(&mut text, directory.users()).unwrap();
    assert!(text.starts_with(b"user,home,weight,class\nmona,beta,7,1\n"));
    assert_eq!(parse(text.as_slice()).unwrap(), users);
}
