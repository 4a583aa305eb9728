BEGIN TRANSACTION;
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);
INSERT INTO "alembic_version" VALUES('e43177bfe90b');
CREATE TABLE assignment (
	id VARCHAR(32) NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	duedate DATETIME, 
	course_id VARCHAR(128) NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name), 
	FOREIGN KEY(course_id) REFERENCES course (id)
);
INSERT INTO "assignment" VALUES('d0d2f3c837a142a9bf5554ce50ac9146','ps1',NULL,'course');
CREATE TABLE base_cell (
	id VARCHAR(32) NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	notebook_id VARCHAR(32) NOT NULL, 
	type VARCHAR(50), 
	PRIMARY KEY (id), 
	UNIQUE (name, notebook_id, type), 
	FOREIGN KEY(notebook_id) REFERENCES notebook (id)
);
INSERT INTO "base_cell" VALUES('ed0f9c2024194b9486cb02d8c42c77b6','correct_squares','7c5d5209ca08436e89412c8b4e568bdb','GradeCell');
INSERT INTO "base_cell" VALUES('e94b6de3f98243c38da501b512c47707','squares_invalid_input','7c5d5209ca08436e89412c8b4e568bdb','GradeCell');
INSERT INTO "base_cell" VALUES('9368ab83b3cb482cb9fb42eb088fa03d','correct_sum_of_squares','7c5d5209ca08436e89412c8b4e568bdb','GradeCell');
INSERT INTO "base_cell" VALUES('602b8ee866e54a15a564e4873f09566d','sum_of_squares_uses_squares','7c5d5209ca08436e89412c8b4e568bdb','GradeCell');
INSERT INTO "base_cell" VALUES('d1b5d1355fcb42e3aef75215cfbad92d','sum_of_squares_equation','7c5d5209ca08436e89412c8b4e568bdb','GradeCell');
INSERT INTO "base_cell" VALUES('afbd757fad5e4846879f880df13d269f','sum_of_squares_application','7c5d5209ca08436e89412c8b4e568bdb','GradeCell');
INSERT INTO "base_cell" VALUES('0f31a9c5000a4a65b246dc2d955564ca','squares','7c5d5209ca08436e89412c8b4e568bdb','SolutionCell');
INSERT INTO "base_cell" VALUES('3749ab3ec8d24eb59319d585522d42b2','sum_of_squares','7c5d5209ca08436e89412c8b4e568bdb','SolutionCell');
INSERT INTO "base_cell" VALUES('9f33f711b72f4e3cbf88c6e30d02bca8','sum_of_squares_equation','7c5d5209ca08436e89412c8b4e568bdb','SolutionCell');
INSERT INTO "base_cell" VALUES('b0641a62ed814d32a438b8fed85f3d37','sum_of_squares_application','7c5d5209ca08436e89412c8b4e568bdb','SolutionCell');
INSERT INTO "base_cell" VALUES('b0f9c725ea454a3eaed166586f6ac4bd','cell-938593c4a215c6cc','7c5d5209ca08436e89412c8b4e568bdb','TaskCell');
INSERT INTO "base_cell" VALUES('ef562f93d4314272b63a443fd5c9d1c4','part-a','fad67e8279e54780b2a79f7f4af3e7b1','GradeCell');
INSERT INTO "base_cell" VALUES('092c7db21de0432f9e50c2b91be81ccb','part-b','fad67e8279e54780b2a79f7f4af3e7b1','GradeCell');
INSERT INTO "base_cell" VALUES('dcddb866e5a04e7383f390789decfe06','part-a','fad67e8279e54780b2a79f7f4af3e7b1','SolutionCell');
INSERT INTO "base_cell" VALUES('750ca1674c6e4552a0b5e86dc7cccbce','part-b','fad67e8279e54780b2a79f7f4af3e7b1','SolutionCell');
CREATE TABLE comment (
	id VARCHAR(32) NOT NULL, 
	notebook_id VARCHAR(32), 
	cell_id VARCHAR(32), 
	auto_comment TEXT, 
	manual_comment TEXT, 
	PRIMARY KEY (id), 
	UNIQUE (cell_id, notebook_id), 
	FOREIGN KEY(notebook_id) REFERENCES submitted_notebook (id), 
	FOREIGN KEY(cell_id) REFERENCES base_cell (id)
);
INSERT INTO "comment" VALUES('a1aef5a7e6da4711beca98ba92ab069f','da678c77b5264042a40482339da12468','0f31a9c5000a4a65b246dc2d955564ca',NULL,NULL);
INSERT INTO "comment" VALUES('a4f41d1411394c1cb8656f3bf5f10fa2','da678c77b5264042a40482339da12468','3749ab3ec8d24eb59319d585522d42b2',NULL,NULL);
INSERT INTO "comment" VALUES('f41fa104ec4a47e19b77fd7d6f7a8585','da678c77b5264042a40482339da12468','9f33f711b72f4e3cbf88c6e30d02bca8',NULL,NULL);
INSERT INTO "comment" VALUES('a30189373c8541d283776d3960230daa','da678c77b5264042a40482339da12468','b0641a62ed814d32a438b8fed85f3d37',NULL,NULL);
INSERT INTO "comment" VALUES('2fa21e222e5e48ae8349885d07129c97','da678c77b5264042a40482339da12468','b0f9c725ea454a3eaed166586f6ac4bd',NULL,NULL);
INSERT INTO "comment" VALUES('c20f5ba0491b4e29919e968e5119ab50','3788b1b890114b1f85fb84e1d9bf0fa4','dcddb866e5a04e7383f390789decfe06',NULL,NULL);
INSERT INTO "comment" VALUES('c00fe31630e349848c1ec5c296e15b32','3788b1b890114b1f85fb84e1d9bf0fa4','750ca1674c6e4552a0b5e86dc7cccbce',NULL,NULL);
INSERT INTO "comment" VALUES('bbac662b1f3245a0bbbdca21851924c2','b7f7af5059be400ab95e835717a5dd29','0f31a9c5000a4a65b246dc2d955564ca',NULL,NULL);
INSERT INTO "comment" VALUES('18c35da3cd3542919eebd2c951ef9551','b7f7af5059be400ab95e835717a5dd29','3749ab3ec8d24eb59319d585522d42b2',NULL,NULL);
INSERT INTO "comment" VALUES('8f0414f66c544073a6aae272da463e30','b7f7af5059be400ab95e835717a5dd29','9f33f711b72f4e3cbf88c6e30d02bca8',NULL,NULL);
INSERT INTO "comment" VALUES('3ac78a52c5394ef29d01ea5b4f6a4b84','b7f7af5059be400ab95e835717a5dd29','b0641a62ed814d32a438b8fed85f3d37',NULL,NULL);
INSERT INTO "comment" VALUES('d7ac44f37fa446c583cecb9b5935a0e9','b7f7af5059be400ab95e835717a5dd29','b0f9c725ea454a3eaed166586f6ac4bd',NULL,NULL);
INSERT INTO "comment" VALUES('28b81d82b6f04beeb33c7929dd031484','301fc12f638e4e6bb2e5dc0b6745078c','dcddb866e5a04e7383f390789decfe06',NULL,'Say why.');
INSERT INTO "comment" VALUES('ff16871b27bc4b0ea8708d6c5a62ab61','301fc12f638e4e6bb2e5dc0b6745078c','750ca1674c6e4552a0b5e86dc7cccbce',NULL,NULL);
CREATE TABLE course (
	id VARCHAR(128) NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (id)
);
INSERT INTO "course" VALUES('course');
INSERT INTO "course" VALUES('default_course');
CREATE TABLE grade (
	id VARCHAR(32) NOT NULL, 
	notebook_id VARCHAR(32), 
	cell_id VARCHAR(32), 
	auto_score FLOAT, 
	manual_score FLOAT, 
	extra_credit FLOAT, 
	needs_manual_grade BOOLEAN NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (cell_id, notebook_id), 
	FOREIGN KEY(notebook_id) REFERENCES submitted_notebook (id), 
	FOREIGN KEY(cell_id) REFERENCES base_cell (id)
);
INSERT INTO "grade" VALUES('64c5d481b6e1411698affaf98433c024','da678c77b5264042a40482339da12468','ed0f9c2024194b9486cb02d8c42c77b6',1.0,NULL,NULL,0);
INSERT INTO "grade" VALUES('3a96a383d9bb4d078250f5c7f420e7b1','da678c77b5264042a40482339da12468','e94b6de3f98243c38da501b512c47707',1.0,NULL,NULL,0);
INSERT INTO "grade" VALUES('03203162d59c45e4ab1d5e35f32fcbd6','da678c77b5264042a40482339da12468','9368ab83b3cb482cb9fb42eb088fa03d',0.5,NULL,NULL,0);
INSERT INTO "grade" VALUES('a84e18e3071743a58d3bf59b31dcba9f','da678c77b5264042a40482339da12468','602b8ee866e54a15a564e4873f09566d',0.5,NULL,NULL,0);
INSERT INTO "grade" VALUES('7cb8ceb8e6724c688e3870acaf5902b7','da678c77b5264042a40482339da12468','d1b5d1355fcb42e3aef75215cfbad92d',NULL,NULL,NULL,1);
INSERT INTO "grade" VALUES('e2eb41bdf74b480bbabf9ee1216336c6','da678c77b5264042a40482339da12468','afbd757fad5e4846879f880df13d269f',NULL,NULL,NULL,1);
INSERT INTO "grade" VALUES('c329f2aa102f468ca85fbdcb48f66d25','da678c77b5264042a40482339da12468','b0f9c725ea454a3eaed166586f6ac4bd',NULL,NULL,NULL,1);
INSERT INTO "grade" VALUES('cf4967aa1d5d499280d555d29a58876f','3788b1b890114b1f85fb84e1d9bf0fa4','ef562f93d4314272b63a443fd5c9d1c4',NULL,NULL,NULL,1);
INSERT INTO "grade" VALUES('c5a1259835924420becc8b2be605a4b8','3788b1b890114b1f85fb84e1d9bf0fa4','092c7db21de0432f9e50c2b91be81ccb',NULL,NULL,NULL,1);
INSERT INTO "grade" VALUES('459558198cb44fc6ad74cebed27e1bd9','b7f7af5059be400ab95e835717a5dd29','ed0f9c2024194b9486cb02d8c42c77b6',0.0,NULL,NULL,0);
INSERT INTO "grade" VALUES('9544d2d90f76485382cafd7aff4fae52','b7f7af5059be400ab95e835717a5dd29','e94b6de3f98243c38da501b512c47707',1.0,NULL,NULL,0);
INSERT INTO "grade" VALUES('c1ea824ec2eb4dc3908d67c5df9d218e','b7f7af5059be400ab95e835717a5dd29','9368ab83b3cb482cb9fb42eb088fa03d',0.0,NULL,NULL,0);
INSERT INTO "grade" VALUES('1cda7d1982ed45a39b54ae624e3f415d','b7f7af5059be400ab95e835717a5dd29','602b8ee866e54a15a564e4873f09566d',0.5,NULL,NULL,0);
INSERT INTO "grade" VALUES('c910f672cd2e4faabdf81f136418dadc','b7f7af5059be400ab95e835717a5dd29','d1b5d1355fcb42e3aef75215cfbad92d',NULL,NULL,NULL,1);
INSERT INTO "grade" VALUES('272d3cbe7cbc40ddbdba773d730daf8e','b7f7af5059be400ab95e835717a5dd29','afbd757fad5e4846879f880df13d269f',NULL,NULL,NULL,1);
INSERT INTO "grade" VALUES('c8436801cfab41d4be7f4ca880452fb9','b7f7af5059be400ab95e835717a5dd29','b0f9c725ea454a3eaed166586f6ac4bd',NULL,NULL,NULL,1);
INSERT INTO "grade" VALUES('4793a7fd30f34060963672d523077a2e','301fc12f638e4e6bb2e5dc0b6745078c','ef562f93d4314272b63a443fd5c9d1c4',NULL,0.25,NULL,1);
INSERT INTO "grade" VALUES('9da7f733ca0f41fe847a1cdec98e9b9a','301fc12f638e4e6bb2e5dc0b6745078c','092c7db21de0432f9e50c2b91be81ccb',NULL,NULL,NULL,1);
CREATE TABLE grade_cells (
	id VARCHAR(32) NOT NULL, 
	max_score FLOAT NOT NULL, 
	cell_type VARCHAR(8) NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(id) REFERENCES base_cell (id)
);
INSERT INTO "grade_cells" VALUES('ed0f9c2024194b9486cb02d8c42c77b6',1.0,'code');
INSERT INTO "grade_cells" VALUES('e94b6de3f98243c38da501b512c47707',1.0,'code');
INSERT INTO "grade_cells" VALUES('9368ab83b3cb482cb9fb42eb088fa03d',0.5,'code');
INSERT INTO "grade_cells" VALUES('602b8ee866e54a15a564e4873f09566d',0.5,'code');
INSERT INTO "grade_cells" VALUES('d1b5d1355fcb42e3aef75215cfbad92d',1.0,'markdown');
INSERT INTO "grade_cells" VALUES('afbd757fad5e4846879f880df13d269f',2.0,'code');
INSERT INTO "grade_cells" VALUES('ef562f93d4314272b63a443fd5c9d1c4',1.0,'markdown');
INSERT INTO "grade_cells" VALUES('092c7db21de0432f9e50c2b91be81ccb',2.0,'markdown');
CREATE TABLE notebook (
	id VARCHAR(32) NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	assignment_id VARCHAR(32), 
	kernelspec VARCHAR(1024), 
	PRIMARY KEY (id), 
	UNIQUE (name, assignment_id), 
	FOREIGN KEY(assignment_id) REFERENCES assignment (id)
);
INSERT INTO "notebook" VALUES('7c5d5209ca08436e89412c8b4e568bdb','problem1','d0d2f3c837a142a9bf5554ce50ac9146','{"display_name": "Python", "language": "python", "name": "python"}');
INSERT INTO "notebook" VALUES('fad67e8279e54780b2a79f7f4af3e7b1','problem2','d0d2f3c837a142a9bf5554ce50ac9146','{"display_name": "Python", "language": "python", "name": "python"}');
CREATE TABLE solution_cells (
	id VARCHAR(32) NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(id) REFERENCES base_cell (id)
);
INSERT INTO "solution_cells" VALUES('0f31a9c5000a4a65b246dc2d955564ca');
INSERT INTO "solution_cells" VALUES('3749ab3ec8d24eb59319d585522d42b2');
INSERT INTO "solution_cells" VALUES('9f33f711b72f4e3cbf88c6e30d02bca8');
INSERT INTO "solution_cells" VALUES('b0641a62ed814d32a438b8fed85f3d37');
INSERT INTO "solution_cells" VALUES('dcddb866e5a04e7383f390789decfe06');
INSERT INTO "solution_cells" VALUES('750ca1674c6e4552a0b5e86dc7cccbce');
CREATE TABLE source_cell (
	id VARCHAR(32) NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	cell_type VARCHAR(8) NOT NULL, 
	locked BOOLEAN NOT NULL, 
	source TEXT, 
	checksum VARCHAR(128), 
	notebook_id VARCHAR(32), 
	PRIMARY KEY (id), 
	UNIQUE (name, notebook_id), 
	FOREIGN KEY(notebook_id) REFERENCES notebook (id)
);
INSERT INTO "source_cell" VALUES('eb32c8e73c454c388fe4daf3be54efc8','jupyter','markdown',1,'For this problem set, we''ll be using the Jupyter notebook:

![](jupyter.png)','535c21960d4663d5edac398cb445d087','7c5d5209ca08436e89412c8b4e568bdb');
INSERT INTO "source_cell" VALUES('e44ae128667c4d78b4dfc48704eedb2f','squares','code',0,'def squares(n):
    """Compute the squares of numbers from 1 to n, such that the 
    ith element of the returned list equals i^2.
    
    """
    # YOUR CODE HERE
    raise NotImplementedError()','8f1eab8d02a9520920aa06f8a86a2492','7c5d5209ca08436e89412c8b4e568bdb');
INSERT INTO "source_cell" VALUES('efbc16a731844b4fbb429f0bddb0b0ed','correct_squares','code',1,'"""Check that squares returns the correct output for several inputs"""
assert squares(1) == [1]
assert squares(2) == [1, 4]
assert squares(10) == [1, 4, 9, 16, 25, 36, 49, 64, 81, 100]
assert squares(11) == [1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121]','8f41dd0f9c8fd2da8e8708d73e506b3a','7c5d5209ca08436e89412c8b4e568bdb');
INSERT INTO "source_cell" VALUES('b066caebbf0c4773ba727c351317fa21','squares_invalid_input','code',1,'"""Check that squares raises an error for invalid inputs"""
try:
    squares(0)
except ValueError:
    pass
else:
    raise AssertionError("did not raise")

try:
    squares(-4)
except ValueError:
    pass
else:
    raise AssertionError("did not raise")','23c2b667d3b60eff3be46eb3290a6b4a','7c5d5209ca08436e89412c8b4e568bdb');
INSERT INTO "source_cell" VALUES('c98a6b4410c142718236768cab5712e2','sum_of_squares','code',0,'def sum_of_squares(n):
    """Compute the sum of the squares of numbers from 1 to n."""
    # YOUR CODE HERE
    raise NotImplementedError()','166e1abc6621f93f8084ec312c49f757','7c5d5209ca08436e89412c8b4e568bdb');
INSERT INTO "source_cell" VALUES('42bcbc550cd7483a8b01375aea048483','correct_sum_of_squares','code',1,'"""Check that sum_of_squares returns the correct answer for various inputs."""
assert sum_of_squares(1) == 1
assert sum_of_squares(2) == 5
assert sum_of_squares(10) == 385
assert sum_of_squares(11) == 506','35f884697f5b0145e7306523a083cfd1','7c5d5209ca08436e89412c8b4e568bdb');
INSERT INTO "source_cell" VALUES('06e436f9ec764aed8de17c4e49aab984','sum_of_squares_uses_squares','code',1,'"""Check that sum_of_squares relies on squares."""
orig_squares = squares
del squares
try:
    sum_of_squares(1)
except NameError:
    pass
else:
    raise AssertionError("sum_of_squares does not use squares")
finally:
    squares = orig_squares','2d414bfb292d5a6d2b442fc7d8206a0b','7c5d5209ca08436e89412c8b4e568bdb');
INSERT INTO "source_cell" VALUES('c5e5fc3f1e0f47eca0627ad29db1cae9','sum_of_squares_equation','markdown',0,'YOUR ANSWER HERE','f3cc38a3e522c0be10852ebbe2a638b7','7c5d5209ca08436e89412c8b4e568bdb');
INSERT INTO "source_cell" VALUES('0c8d33cc6d7d40a4ae2dbd097a0be698','sum_of_squares_application','code',0,'# YOUR CODE HERE
raise NotImplementedError()','5a96910dbc324f5565edf92f5c98af1b','7c5d5209ca08436e89412c8b4e568bdb');
INSERT INTO "source_cell" VALUES('c93e72a552784b668f6315539a9e51cc','cell-938593c4a215c6cc','markdown',1,'---
## Part E (4 points)

State the formulae for an arithmetic and geometric sum and verify them numerically for an example of your choice.','987adcce9e8e5119f9c00f2db459fd97','7c5d5209ca08436e89412c8b4e568bdb');
INSERT INTO "source_cell" VALUES('0839f05e1e75430c86d45ebde3e50117','part-a','markdown',0,'YOUR ANSWER HERE','6d5a9eb99c3e76354b6e360ce228580a','fad67e8279e54780b2a79f7f4af3e7b1');
INSERT INTO "source_cell" VALUES('745dab331acc4f9d9f5b2e009af82ecc','part-b','markdown',0,'YOUR ANSWER HERE','789281f32aa7a8d789bd9f18de9efd00','fad67e8279e54780b2a79f7f4af3e7b1');
CREATE TABLE student (
	id VARCHAR(128) NOT NULL, 
	first_name VARCHAR(128), 
	last_name VARCHAR(128), 
	email VARCHAR(128), 
	lms_user_id VARCHAR(128), 
	PRIMARY KEY (id)
);
INSERT INTO "student" VALUES('all_right',NULL,NULL,NULL,NULL);
INSERT INTO "student" VALUES('wrong',NULL,NULL,NULL,NULL);
CREATE TABLE submitted_assignment (
	id VARCHAR(32) NOT NULL, 
	assignment_id VARCHAR(32), 
	student_id VARCHAR(128), 
	timestamp DATETIME, 
	extension DATETIME, 
	PRIMARY KEY (id), 
	UNIQUE (assignment_id, student_id), 
	FOREIGN KEY(assignment_id) REFERENCES assignment (id), 
	FOREIGN KEY(student_id) REFERENCES student (id)
);
INSERT INTO "submitted_assignment" VALUES('2ea856dc07ba4817b8f510ba09ef02b4','d0d2f3c837a142a9bf5554ce50ac9146','all_right','2026-02-03 15:00:00.000000',NULL);
INSERT INTO "submitted_assignment" VALUES('0fa50a81e22142c5966cf87b15991f2d','d0d2f3c837a142a9bf5554ce50ac9146','wrong','2026-02-03 15:00:00.000000',NULL);
CREATE TABLE submitted_notebook (
	id VARCHAR(32) NOT NULL, 
	assignment_id VARCHAR(32), 
	notebook_id VARCHAR(32), 
	flagged BOOLEAN, 
	late_submission_penalty FLOAT, 
	PRIMARY KEY (id), 
	UNIQUE (notebook_id, assignment_id), 
	FOREIGN KEY(assignment_id) REFERENCES submitted_assignment (id), 
	FOREIGN KEY(notebook_id) REFERENCES notebook (id)
);
INSERT INTO "submitted_notebook" VALUES('da678c77b5264042a40482339da12468','2ea856dc07ba4817b8f510ba09ef02b4','7c5d5209ca08436e89412c8b4e568bdb',0,NULL);
INSERT INTO "submitted_notebook" VALUES('3788b1b890114b1f85fb84e1d9bf0fa4','2ea856dc07ba4817b8f510ba09ef02b4','fad67e8279e54780b2a79f7f4af3e7b1',0,NULL);
INSERT INTO "submitted_notebook" VALUES('b7f7af5059be400ab95e835717a5dd29','0fa50a81e22142c5966cf87b15991f2d','7c5d5209ca08436e89412c8b4e568bdb',0,NULL);
INSERT INTO "submitted_notebook" VALUES('301fc12f638e4e6bb2e5dc0b6745078c','0fa50a81e22142c5966cf87b15991f2d','fad67e8279e54780b2a79f7f4af3e7b1',0,NULL);
CREATE TABLE task_cells (
	id VARCHAR(32) NOT NULL, 
	max_score FLOAT NOT NULL, 
	cell_type VARCHAR(8) NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(id) REFERENCES base_cell (id)
);
INSERT INTO "task_cells" VALUES('b0f9c725ea454a3eaed166586f6ac4bd',4.0,'markdown');
CREATE INDEX storagelab_grade ON grade (notebook_id);
CREATE INDEX storagelab_comment ON comment (notebook_id);
CREATE INDEX storagelab_submitted_notebook ON submitted_notebook (assignment_id);
COMMIT;
